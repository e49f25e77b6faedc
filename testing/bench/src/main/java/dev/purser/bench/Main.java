package dev.purser.bench;

import com.github.luben.zstd.Zstd;
import dev.purser.rig.Asking;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;

/// The benches of `testing/bench/run`: prints a line of a table for each.
public final class Main {
  private static final int PROBES = 200;
  private static final long SEED = 42;

  /// Seldom enough not to be what is measured.
  private static final long POLL_MILLIS = 250;

  private final Path work;
  private final double scale;

  private Main(Path work, double scale) {
    this.work = work;
    this.scale = scale;
  }

  /// @param args a directory for data, a factor by which to make the input smaller, and the benches
  ///   to run; `name:number` gives one its length
  public static void main(String[] args) throws IOException, InterruptedException {
    Main bench = new Main(Path.of(args[0]), Double.parseDouble(args[1]));
    for (String name : Arrays.asList(args).subList(2, args.length)) {
      String[] parts = name.split(":", 2);
      switch (parts[0]) {
        case "file" -> bench.fileToBlackhole();
        case "hub" -> bench.fileToHub();
        case "audit" -> bench.auditToIceberg();
        case "freshness" -> bench.freshness();
        case "containers" -> new ContainerBenches(bench).lines();
        case "multiline" -> new ContainerBenches(bench).multiline();
        case "files" -> new ContainerBenches(bench).files();
        case "steady" -> new ContainerBenches(bench).steady();
        case "full" -> new ContainerBenches(bench).full();
        case "idle" -> new ContainerBenches(bench).idle();
        case "storm" -> new Storm(bench, length(parts, 120)).run();
        case "jobs" -> new Jobs(bench, length(parts, 1000)).run();
        default -> throw new IllegalArgumentException("no bench " + name);
      }
    }
  }

  private static int length(String[] parts, int otherwise) {
    return parts.length < 2 ? otherwise : Integer.parseInt(parts[1]);
  }

  private void fileToBlackhole() throws IOException, InterruptedException {
    Path file = accessLog();
    Path config =
        config(
            "blackhole.yaml",
            "data: %s/blackhole\noutput: blackhole\n%s".formatted(work, files(file)));
    List<String> arguments = List.of("agent", "--config", config.toString());
    Purser.run("0", "", arguments);
    Measured.Run run = Purser.run("0", "", arguments);
    long bytes = number(run.out(), "bytes ");
    print(
        "file to blackhole, one core",
        "%.2f GB: %.2f GB/CPU-s, %.2f GB/s of wall time"
            .formatted(
                bytes / 1e9, bytes / 1e9 / run.cpuSeconds(), bytes / 1e9 / run.wallSeconds()),
        "bar 2 GB/CPU-s");
    Measured.Run checked = Purser.run("0", "-Dpurser.blackhole.crc=true", arguments);
    long lines = Files.size(file) / AccessLog.LINE_BYTES;
    print(
        "  whole",
        "records %s, CRC32C %s"
            .formatted(
                number(checked.out(), "records ") == lines ? "equal" : "DIFFER",
                checked.out().contains(String.format("crc32c %08x", crc(file)))
                    ? "equal"
                    : "DIFFERS"),
        "");
  }

  private void fileToHub() throws IOException, InterruptedException {
    Path file = accessLog();
    Path data = fresh("hub");
    Path hubConfig =
        config(
            "hub.yaml",
            "data: %s\nhub: { listen: \"127.0.0.1:0\" }\nlake: { commitEvery: 5s }\n"
                .formatted(data));
    try (Purser hub = Purser.start("1", data, List.of("hub", "--config", hubConfig.toString()));
        Asking asking = hub.asking()) {
      Path config =
          config(
              "agent.yaml",
              "data: %s\nhub: %s\n%s"
                  .formatted(fresh("agent"), Asking.hubOfAgents(data), files(file)));
      long began = System.nanoTime();
      Measured.Run run =
          Purser.run("0", "", List.of("agent", "--once", "--config", config.toString()));
      double acked = seconds(began);
      long lines = Files.size(file) / AccessLog.LINE_BYTES;
      awaitCommitted(asking);
      double committed = seconds(began);
      long found = asking.number("SELECT count(*) AS n FROM logs");
      double gigabytes = Files.size(file) / 1e9;
      print(
          "file to hub over TLS, a core each",
          "%.2f GB: %.0f MB/s to the last ack, %.0f MB/s to the last committed row; agent %.1f CPU-s, hub %.1f CPU-s, %d MB"
              .formatted(
                  gigabytes,
                  gigabytes * 1000 / acked,
                  gigabytes * 1000 / committed,
                  run.cpuSeconds(),
                  hub.process().cpuSeconds(),
                  hub.process().peakMegabytes()),
          "bar 200 MB/s to the last ack");
      print(
          "  whole", found == lines ? "rows equal" : "rows DIFFER: " + found + " of " + lines, "");
    }
  }

  private void auditToIceberg() throws IOException, InterruptedException {
    long events = (long) (5_000_000 * scale);
    Path file = work.resolve("audit.log");
    AuditLog.write(file, events, SEED);
    Path data = fresh("audit");
    Path config =
        config(
            "audit.yaml",
            "data: %s\nhub: { listen: \"127.0.0.1:0\" }\nlake: { commitEvery: 5s }\nsources: { audit: { files: [ \"%s\" ] } }\n"
                .formatted(data, file));
    long began = System.nanoTime();
    try (Purser purser =
            Purser.start(Measured.BOTH_CORES, data, List.of("up", "--config", config.toString()));
        Asking asking = purser.asking()) {
      while (asking.status().path("ingest").path("records").asLong() < events) {
        Thread.sleep(POLL_MILLIS);
      }
      awaitCommitted(asking);
      double took = seconds(began);
      long found = asking.number("SELECT count(*) AS n FROM audit");
      print(
          "audit file to committed rows",
          "%,d events: %,.0f/s, peak RSS %d MB, %.1f CPU-s"
              .formatted(
                  events,
                  events / took,
                  purser.process().peakMegabytes(),
                  purser.process().cpuSeconds()),
          "bar 60,000/s, 1536 MB");
      print("  whole", found == events ? "rows equal" : "rows DIFFER: " + found, "");
    }
    Files.delete(file);
  }

  /// From the write of a line to its being visible in SQL, under load.
  private void freshness() throws IOException, InterruptedException {
    Path data = fresh("freshness");
    Path load = work.resolve("load.log");
    Path probe = work.resolve("probe.log");
    Files.deleteIfExists(load);
    Files.deleteIfExists(probe);
    Path config =
        config(
            "freshness.yaml",
            "data: %s\nhub: { listen: \"127.0.0.1:0\" }\nlake: { commitEvery: 10s }\nsources: { files: [ { name: load, paths: [ \"%s\", \"%s\" ] } ] }\n"
                .formatted(data, load, probe));
    AtomicBoolean stop = new AtomicBoolean();
    try (Purser purser =
            Purser.start(Measured.BOTH_CORES, data, List.of("up", "--config", config.toString()));
        Asking asking = purser.asking()) {
      // What the asking side needs to start is not the hub's.
      asking.number("SELECT 1 AS n");
      Thread writer = Thread.ofPlatform().start(() -> writeLoad(load, stop));
      double[] waits = new double[PROBES];
      try (OutputStream out =
          Files.newOutputStream(probe, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        for (int i = 0; i < PROBES; i++) {
          out.write(("probe " + i + "\n").getBytes(StandardCharsets.US_ASCII));
          long began = System.nanoTime();
          String sql =
              "SELECT count(*) AS n FROM logs WHERE time > now() - INTERVAL 1 MINUTE AND file = '"
                  + probe
                  + "' AND message = 'probe "
                  + i
                  + "'";
          while (asking.number(sql) == 0) {
            Thread.onSpinWait();
          }
          waits[i] = seconds(began) * 1000;
          Thread.sleep(50);
        }
      } finally {
        stop.set(true);
        writer.join();
      }
      Arrays.sort(waits);
      print(
          "freshness, %d probes under 10 MB/s".formatted(PROBES),
          "median %.0f ms, p99 %.0f ms, most %.0f ms"
              .formatted(waits[PROBES / 2], waits[PROBES * 99 / 100], waits[PROBES - 1]),
          "bar p99 1000 ms");
    }
  }

  private static void writeLoad(Path load, AtomicBoolean stop) {
    AccessLog log = new AccessLog(SEED);
    byte[] part = new byte[AccessLog.LINE_BYTES * 200];
    try (OutputStream out = Files.newOutputStream(load)) {
      long next = System.nanoTime();
      while (!stop.get()) {
        for (int i = 0; i < 200; i++) {
          System.arraycopy(log.line(), 0, part, i * AccessLog.LINE_BYTES, AccessLog.LINE_BYTES);
        }
        out.write(part);
        next += (long) (part.length / 10e6 * 1e9);
        long wait = next - System.nanoTime();
        if (wait > 0) {
          Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
        }
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Until the lake has everything that the log had on disk when asked first.
  private static void awaitCommitted(Asking hub) throws IOException, InterruptedException {
    long durable = hub.status().path("wal").path("durable").asLong();
    while (hub.status().path("lake").path("committed").asLong() < durable) {
      Thread.sleep(POLL_MILLIS);
    }
  }

  private Path accessLog() throws IOException {
    long bytes =
        (long) (8e9 * scale) / AccessLog.LINE_BYTES / 20_000 * AccessLog.LINE_BYTES * 20_000;
    Path file = work.resolve("access.log");
    if (!Files.exists(file) || Files.size(file) != bytes) {
      AccessLog.write(file, bytes, SEED);
      byte[] sample = new byte[4 << 20];
      try (InputStream in = Files.newInputStream(file)) {
        int read = in.readNBytes(sample, 0, sample.length);
        print(
            "input",
            "%.2f GB, zstd level 1 makes it %.1f times smaller"
                .formatted(bytes / 1e9, (double) read / Zstd.compress(sample, 1).length),
            "");
      }
    }
    return file;
  }

  /// A size at the scale of this run.
  long scaled(double bytes) {
    return (long) (bytes * scale);
  }

  /// A directory that is not there.
  Path fresh(String name) throws IOException {
    Path directory = work.resolve(name);
    if (Files.exists(directory)) {
      try (java.util.stream.Stream<Path> files = Files.walk(directory)) {
        for (Path path : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
    return directory;
  }

  Path config(String name, String text) throws IOException {
    return Files.writeString(work.resolve(name), text);
  }

  private static String files(Path file) {
    return "sources: { files: [ { name: bench, paths: [ \"" + file + "\" ] } ] }\n";
  }

  private static long crc(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    byte[] buffer = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        crc.update(buffer, 0, read);
      }
    }
    return crc.getValue();
  }

  static long number(String out, String prefix) {
    return out.lines()
        .filter(line -> line.startsWith(prefix))
        .mapToLong(line -> Long.parseLong(line.substring(prefix.length())))
        .findFirst()
        .orElse(-1);
  }

  private static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e9;
  }

  static void print(String what, String measured, String bar) {
    System.out.println(String.format(Locale.ROOT, "| %-34s | %s | %s |", what, measured, bar));
  }
}
