package dev.purser.bench;

import dev.purser.rig.Asking;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/// What the agent takes for container logs.
final class ContainerBenches {
  private static final long SEED = 42;
  private static final int FILES = 100;
  private static final int CONTAINERS = 500;
  private static final int FILES_PER_CONTAINER = 20;
  private static final long WARM_UP_MILLIS = 60_000;
  private static final long MEASURED_MILLIS = 60_000;
  private static final double STEADY_BYTES_PER_SECOND = 10e6;

  private final Main bench;

  ContainerBenches(Main bench) {
    this.bench = bench;
  }

  void lines() throws IOException, InterruptedException {
    Path pods = bench.fresh("cri-pods");
    Path log = log(pods, "shop_web-0_1/nginx/0.log");
    long records = CriLog.writeLines(log, bench.scaled(4e9), SEED);
    measure("container lines to blackhole, one core", pods, "", records, "bar 0.8 GB/CPU-s");
    bench.fresh("cri-pods");
  }

  void multiline() throws IOException, InterruptedException {
    Path pods = bench.fresh("trace-pods");
    Path log = log(pods, "shop_web-0_1/java/0.log");
    long records = CriLog.writeTraces(log, bench.scaled(4e9));
    measure(
        "Java traces to blackhole, one core",
        pods,
        ", multiline: java",
        records,
        "bar 0.5 GB/CPU-s");
    bench.fresh("trace-pods");
  }

  /// A hundred files against one of their size.
  void files() throws IOException, InterruptedException {
    Path many = bench.fresh("many-pods");
    long all = 0;
    long bytes = 0;
    for (int i = 0; i < FILES; i++) {
      Path log = log(many, "shop_web-" + i + "_" + i + "/nginx/0.log");
      all += CriLog.writeLines(log, bench.scaled(4e9) / FILES, SEED + i);
      bytes += Files.size(log);
    }
    double together = measure(FILES + " files to blackhole, one core", many, "", all, "");
    bench.fresh("many-pods");
    Path one = bench.fresh("one-pod");
    long records = CriLog.writeLines(log(one, "shop_web-0_1/nginx/0.log"), bytes, SEED);
    double alone = measure("one file to blackhole, one core", one, "", records, "");
    bench.fresh("one-pod");
    Main.print("  ratio", "%.0f %%".formatted(100 * together / alone), "bar 90 %");
  }

  /// A program that writes line by line, delivered to a hub over TLS.
  void steady() throws IOException, InterruptedException {
    Path pods = bench.fresh("steady-pods");
    Path log = log(pods, "shop_web-0_1/nginx/0.log");
    try (Purser hub = hub("steady-hub")) {
      AtomicBoolean stop = new AtomicBoolean();
      Thread writer = Thread.ofPlatform().start(() -> write(log, stop));
      try (Purser agent = agent("steady", hub, pods)) {
        report(agent, "10 MB/s line by line to a hub", "bar 5 % of a core, 150 MB");
      } finally {
        stop.set(true);
        writer.join();
      }
    }
    bench.fresh("steady-pods");
  }

  void idle() throws IOException, InterruptedException {
    Path pods = bench.fresh("idle-pods");
    byte[] line =
        "2026-11-23T04:38:02.000000000Z stdout F a line\n"
            .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    for (int i = 0; i < CONTAINERS; i++) {
      Path directory = pods.resolve("shop_web-" + i + "_" + i + "/nginx");
      Files.createDirectories(directory);
      for (int file = 0; file < FILES_PER_CONTAINER; file++) {
        Files.write(directory.resolve(file + ".log"), line);
      }
    }
    try (Purser hub = hub("idle-hub");
        Purser agent = agent("idle", hub, pods)) {
      report(
          agent,
          "idle with %,d files of %d containers"
              .formatted(CONTAINERS * FILES_PER_CONTAINER, CONTAINERS),
          "bar 3 % of a core, 90 MB");
    }
    bench.fresh("idle-pods");
  }

  private static void report(Purser agent, String what, String bar)
      throws IOException, InterruptedException {
    Thread.sleep(WARM_UP_MILLIS);
    double before = agent.cpuSeconds();
    Thread.sleep(MEASURED_MILLIS);
    double share = (agent.cpuSeconds() - before) / (MEASURED_MILLIS / 1000.0);
    Main.print(
        what,
        "%.1f %% of a core over %d s; %d MB now, %d MB at most"
            .formatted(
                100 * share,
                MEASURED_MILLIS / 1000,
                agent.residentMegabytes(),
                agent.peakMegabytes()),
        bar);
  }

  /// @return gigabytes for each second of a processor
  private double measure(String what, Path pods, String more, long records, String bar)
      throws IOException, InterruptedException {
    Path config =
        bench.config(
            "containers.yaml",
            "data: %s\noutput: blackhole\nsources: { containers: { paths: %s, docker: %s/none, sockets: []%s } }\n"
                .formatted(bench.fresh("containers"), pods, pods, more));
    List<String> arguments = List.of("agent", "--config", config.toString());
    Purser.run("0", "", arguments);
    Purser.Run run = Purser.run("0", "", arguments);
    double gigabytes = Main.number(run.out(), "bytes ") / 1e9;
    long found = Main.number(run.out(), "records ");
    Main.print(
        what,
        "%.2f GB: %.2f GB/CPU-s, %.2f GB/s of wall time; records %s"
            .formatted(
                gigabytes,
                gigabytes / run.cpuSeconds(),
                gigabytes / run.wallSeconds(),
                found == records ? "equal" : "DIFFER: " + found + " of " + records),
        bar);
    return gigabytes / run.cpuSeconds();
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

  private static void write(Path log, AtomicBoolean stop) {
    AccessLog lines = new AccessLog(SEED);
    byte[] prefix =
        "2026-11-23T04:38:02.000000000Z stdout F "
            .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    byte[] line = new byte[prefix.length + AccessLog.LINE_BYTES];
    System.arraycopy(prefix, 0, line, 0, prefix.length);
    try (OutputStream out = Files.newOutputStream(log)) {
      long began = System.nanoTime();
      for (long written = 0; !stop.get(); written += line.length) {
        System.arraycopy(lines.line(), 0, line, prefix.length, AccessLog.LINE_BYTES);
        out.write(line);
        long ahead = (long) (written / STEADY_BYTES_PER_SECOND * 1e9) - (System.nanoTime() - began);
        if (ahead > 1_000_000) {
          Thread.sleep(ahead / 1_000_000);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Path log(Path pods, String name) throws IOException {
    Path log = pods.resolve(name);
    Files.createDirectories(log.getParent());
    return log;
  }
}
