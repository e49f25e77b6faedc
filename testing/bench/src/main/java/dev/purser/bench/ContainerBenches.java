package dev.purser.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.rig.Asking;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/// What the agent takes for container logs.
final class ContainerBenches {
  private static final long SEED = 42;
  private static final int RUNS = 3;
  private static final int PAIRS = 5;
  private static final double BYTES = 4e9;

  /// What is given to another collector is so many times as short.
  private static final int SHORTER = 10;

  private static final int FILES = 100;

  /// So many that the start of a program, which takes two seconds of a processor, decides little.
  private static final double FILES_BYTES = 15e9;

  private static final int CONTAINERS = 500;
  private static final int FILES_PER_CONTAINER = 20;
  private static final long WARM_UP_MILLIS = 60_000;
  private static final long MEASURED_MILLIS = 60_000;
  private static final String LINE_PREFIX = "2026-11-23T04:38:02.000000000Z stdout F ";

  private final Main bench;

  ContainerBenches(Main bench) {
    this.bench = bench;
  }

  void lines() throws IOException, InterruptedException {
    measure(
        "container lines to blackhole, one core",
        (pods, bytes) -> CriLog.writeLines(log(pods, 0, 0), bytes, SEED),
        BYTES,
        "",
        "bar 0.8 GB/CPU-s");
  }

  void multiline() throws IOException, InterruptedException {
    measure(
        "Java traces to blackhole, one core",
        (pods, bytes) -> CriLog.writeTraces(log(pods, 0, 0), bytes),
        BYTES,
        ", multiline: java",
        "bar 0.5 GB/CPU-s");
  }

  /// A hundred files against one of their size, in turn, so that what else goes on on the machine
  /// comes to both.
  void files() throws IOException, InterruptedException {
    Input one = (pods, bytes) -> CriLog.writeLines(log(pods, 0, 0), bytes, SEED);
    try (Reading together = prepare("many", ContainerBenches::writeMany, FILES_BYTES, "");
        Reading alone = prepare("one", one, FILES_BYTES, "")) {
      together.run();
      List<Double> ratios = new ArrayList<>();
      List<Measured.Run> runsTogether = new ArrayList<>();
      List<Measured.Run> runsAlone = new ArrayList<>();
      for (int i = 0; i < PAIRS; i++) {
        runsTogether.add(together.run());
        runsAlone.add(alone.run());
        ratios.add(throughput(runsTogether.getLast()) / throughput(runsAlone.getLast()));
      }
      report(FILES + " files to blackhole, one core", together, runsTogether, "");
      report("one file to blackhole, one core", alone, runsAlone, "");
      ratios.sort(null);
      Main.print(
          "  ratio",
          "%.0f %%, the median of %.0f to %.0f %%"
              .formatted(
                  100 * ratios.get(PAIRS / 2), 100 * ratios.getFirst(), 100 * ratios.getLast()),
          "bar 90 %");
    }
    other(ContainerBenches::writeMany, FILES_BYTES, "");
    other(one, FILES_BYTES, "");
  }

  private static long writeMany(Path pods, long bytes) throws IOException {
    long records = 0;
    for (int i = 0; i < FILES; i++) {
      records += CriLog.writeLines(log(pods, i, 0), bytes / FILES, SEED + i);
    }
    return records;
  }

  /// A program that writes line by line, delivered to a hub over TLS.
  void steady() throws IOException, InterruptedException {
    written("10 MB/s line by line to a hub", 1, 10e6, "bar 5 % of a core, 150 MB");
  }

  /// All containers of a full node, each of which writes line by line.
  void full() throws IOException, InterruptedException {
    written(
        "50 MB/s line by line by %d containers to a hub".formatted(CONTAINERS),
        CONTAINERS,
        50e6,
        "bar 150 MB");
  }

  private void written(String what, int containers, double bytesPerSecond, String bar)
      throws IOException, InterruptedException {
    Path pods = bench.fresh("written-pods");
    List<Path> logs = new ArrayList<>();
    for (int i = 0; i < containers; i++) {
      logs.add(log(pods, i, 0));
    }
    try (Purser hub = hub("written-hub")) {
      AtomicBoolean stop = new AtomicBoolean();
      AtomicLong written = new AtomicLong();
      Thread writer = Thread.ofPlatform().start(() -> write(logs, bytesPerSecond, written, stop));
      try (Purser agent = agent("written", hub, pods);
          Asking asking = hub.asking()) {
        report(agent, pods, what, bar);
        long unread = Math.max(0, written.get() - delivered(asking));
        Main.print(
            "  whole",
            "%,d MB written, of which the hub lacks what was written within %.1f s"
                .formatted(written.get() / 1_000_000, unread / bytesPerSecond),
            "");
      } finally {
        stop.set(true);
        writer.join();
      }
    }
    bench.fresh("written-pods");
  }

  void idle() throws IOException, InterruptedException {
    resting(1, "bar 90 MB");
    resting(FILES_PER_CONTAINER, "bar 3 % of a core");
  }

  private void resting(int filesPerContainer, String bar) throws IOException, InterruptedException {
    Path pods = bench.fresh("idle-pods");
    for (int i = 0; i < CONTAINERS; i++) {
      for (int file = 0; file < filesPerContainer; file++) {
        Files.write(log(pods, i, file), (LINE_PREFIX + "a line\n").getBytes(US_ASCII));
      }
    }
    try (Purser hub = hub("idle-hub");
        Purser agent = agent("idle", hub, pods)) {
      report(
          agent,
          pods,
          "idle with %,d files of %d containers"
              .formatted(CONTAINERS * filesPerContainer, CONTAINERS),
          bar);
    }
    bench.fresh("idle-pods");
  }

  /// What the agent takes, and another collector of the same files beside it, if there is one.
  private void report(Purser agent, Path pods, String what, String bar)
      throws IOException, InterruptedException {
    Optional<FluentBit> named = FluentBit.named();
    try (Measured other =
        named.isEmpty() ? null : named.get().follow("0", bench.fresh("fluent-bit"), files(pods))) {
      agent.process().passTime(WARM_UP_MILLIS);
      Taken ours = new Taken(agent.process());
      Optional<Taken> theirs = other == null ? Optional.empty() : Optional.of(new Taken(other));
      agent.process().passTime(MEASURED_MILLIS);
      Main.print(what, ours.sinceThen(), bar);
      if (theirs.isPresent()) {
        Main.print("  Fluent Bit, to nowhere", theirs.get().sinceThen(), "");
      }
    }
  }

  /// What a process takes from now on.
  private static final class Taken {
    private final Measured process;
    private final double cpuSecondsBefore;
    private final long readBytesBefore;

    Taken(Measured process) throws IOException {
      this.process = process;
      this.cpuSecondsBefore = process.cpuSeconds();
      this.readBytesBefore = process.readBytes();
    }

    /// In words, with what was read: who falls behind takes less.
    String sinceThen() throws IOException {
      double share = (process.cpuSeconds() - cpuSecondsBefore) / (MEASURED_MILLIS / 1000.0);
      return "%.1f %% of a core over %d s, in which it read %,d MB; %d MB now, %d MB at most"
          .formatted(
              100 * share,
              MEASURED_MILLIS / 1000,
              (process.readBytes() - readBytesBefore) / 1_000_000,
              process.residentMegabytes(),
              process.peakMegabytes());
    }
  }

  /// Logs of containers.
  private interface Input {
    /// @return the number of records
    long write(Path pods, long bytes) throws IOException;
  }

  /// A run of the agent over logs.
  private final class Reading implements AutoCloseable {
    private final String name;
    private final Path config;
    private final long records;

    private Reading(String name, Path config, long records) {
      this.name = name;
      this.config = config;
      this.records = records;
    }

    Measured.Run run() throws IOException, InterruptedException {
      return Purser.run("0", "", List.of("agent", "--config", config.toString()));
    }

    @Override
    public void close() throws IOException {
      bench.fresh(name + "-pods");
    }
  }

  /// @param more settings of the source
  private Reading prepare(String name, Input input, double bytes, String more) throws IOException {
    Path pods = bench.fresh(name + "-pods");
    long records = input.write(pods, bench.scaled(bytes));
    Path config =
        bench.config(
            name + ".yaml",
            "data: %s\noutput: blackhole\nsources: { containers: { paths: %s, docker: %s/none, sockets: []%s } }\n"
                .formatted(bench.fresh(name), pods, pods, more));
    return new Reading(name, config, records);
  }

  /// Several runs, and another collector, if there is one.
  private void measure(String what, Input input, double bytes, String more, String bar)
      throws IOException, InterruptedException {
    try (Reading reading = prepare("read", input, bytes, more)) {
      reading.run();
      List<Measured.Run> runs = new ArrayList<>();
      for (int i = 0; i < RUNS; i++) {
        runs.add(reading.run());
      }
      report(what, reading, runs, bar);
    }
    other(input, bytes, more);
  }

  /// The median of them.
  private static void report(String what, Reading reading, List<Measured.Run> runs, String bar) {
    List<Measured.Run> sorted =
        runs.stream().sorted(Comparator.comparingDouble(Measured.Run::cpuSeconds)).toList();
    Measured.Run run = sorted.get(sorted.size() / 2);
    print(what, run, bytes(run), Main.number(run.out(), "records "), reading.records, bar);
  }

  private void other(Input input, double bytes, String more)
      throws IOException, InterruptedException {
    Optional<FluentBit> named = FluentBit.named();
    if (named.isEmpty()) {
      return;
    }
    Path pods = bench.fresh("other-pods");
    long records = input.write(pods, bench.scaled(bytes) / SHORTER);
    FluentBit.Run run =
        named.get().read("0", bench.fresh("fluent-bit"), files(pods), !more.isEmpty());
    print("  Fluent Bit, to nowhere", run.whole(), size(pods), run.records(), records, "");
    bench.fresh("other-pods");
  }

  private static long bytes(Measured.Run run) {
    return Main.number(run.out(), "bytes ");
  }

  private static double throughput(Measured.Run run) {
    return bytes(run) / run.cpuSeconds();
  }

  private static void print(
      String what, Measured.Run run, long bytes, long found, long records, String bar) {
    double gigabytes = bytes / 1e9;
    Main.print(
        what,
        "%.2f GB: %.2f GB/CPU-s, %.2f GB/s of wall time; records %s"
            .formatted(
                gigabytes,
                gigabytes / run.cpuSeconds(),
                gigabytes / run.wallSeconds(),
                found == records ? "equal" : "DIFFER: " + found + " of " + records),
        bar);
  }

  private static long size(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private Purser hub(String name) throws IOException, InterruptedException {
    Path data = bench.fresh(name);
    Path config =
        bench.config(
            name + ".yaml", "data: %s\nhub: { listen: \"127.0.0.1:0\" }\n".formatted(data));
    return Purser.start("1", data, List.of("hub", "--config", config.toString()));
  }

  private Purser agent(String name, Purser hub, Path pods)
      throws IOException, InterruptedException {
    Path data = bench.fresh(name);
    Path config =
        bench.config(
            name + ".yaml",
            "data: %s\nhub: %s\nsources: { containers: { paths: %s, docker: %s/none, sockets: [] } }\n"
                .formatted(data, Asking.hubOfAgents(hub.data()), pods, pods));
    return Purser.start("0", data, List.of("agent", "--config", config.toString()));
  }

  /// Bytes of all containers that the hub has, by the last status of the agent.
  private static long delivered(Asking hub) throws IOException, InterruptedException {
    long bytes = 0;
    for (JsonNode container : hub.status().path("containers")) {
      bytes += container.path("deliveredBytes").asLong();
    }
    return bytes;
  }

  /// Writes a line to each in turn.
  private static void write(
      List<Path> logs, double bytesPerSecond, AtomicLong total, AtomicBoolean stop) {
    AccessLog lines = new AccessLog(SEED);
    byte[] prefix = LINE_PREFIX.getBytes(US_ASCII);
    byte[] line = Arrays.copyOf(prefix, prefix.length + AccessLog.LINE_BYTES);
    List<OutputStream> open = new ArrayList<>();
    try {
      for (Path log : logs) {
        open.add(Files.newOutputStream(log));
      }
      long began = System.nanoTime();
      for (long written = 0; !stop.get(); written += line.length) {
        System.arraycopy(lines.line(), 0, line, prefix.length, AccessLog.LINE_BYTES);
        open.get((int) (written / line.length % open.size())).write(line);
        total.set(written + line.length);
        long ahead = (long) (written / bytesPerSecond * 1e9) - (System.nanoTime() - began);
        if (ahead > 1_000_000) {
          Thread.sleep(ahead / 1_000_000);
        }
      }
      for (OutputStream each : open) {
        each.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// All log files of the containers, as a glob.
  private static String files(Path pods) {
    return pods + "/*/*/*.log";
  }

  /// One of the log files of a container, in a directory that is there.
  private static Path log(Path pods, int container, int file) throws IOException {
    Path directory = pods.resolve("shop_web-%d_%d/nginx".formatted(container, container));
    return Files.createDirectories(directory).resolve(file + ".log");
  }
}
