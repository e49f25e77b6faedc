package dev.purser.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.rig.Asking;
import dev.purser.rig.Cluster;
import dev.purser.rig.Docker;
import dev.purser.rig.Loopback;
import dev.purser.rig.Witness;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// One container that writes faster than its files are kept, and what is known of each line
/// afterwards.
final class Storm {
  private static final long BYTES_PER_SECOND = 50_000_000;
  private static final int MOST_OUTAGE_SECONDS = 60;
  private static final int QUIET_LOOKS = 12;
  private static final long LOOK_MILLIS = 5_000;
  private static final int SHOWN_FAULTS = 5;
  private static final String CONTAINER = "storm";

  private final Main bench;
  private final int seconds;

  Storm(Main bench, int seconds) {
    this.bench = bench;
    this.seconds = seconds;
  }

  /// Where the container runs.
  private interface Place extends AutoCloseable {
    /// Directory of the containers' logs.
    Path logs();

    /// `sources.containers` of the agent beside it.
    String containers();

    /// Starts the container.
    void start(String script) throws IOException, InterruptedException;

    /// Waits until it has ended by itself.
    void await() throws IOException, InterruptedException;

    @Override
    void close();
  }

  void run() throws IOException, InterruptedException {
    run("Kubernetes", new Kubernetes(Cluster.up()), 0);
    run("Kubernetes", new Kubernetes(Cluster.up()), outageSeconds());
    run("Docker", new Dockerd(Docker.up()), 0);
    run("Docker", new Dockerd(Docker.up()), outageSeconds());
  }

  private int outageSeconds() {
    return Math.min(MOST_OUTAGE_SECONDS, seconds / 2);
  }

  private void run(String name, Place where, int outageSeconds)
      throws IOException, InterruptedException {
    Path hubData = bench.fresh("storm-hub");
    try (Place place = where;
        Witness witness = new Witness(place.logs(), CONTAINER);
        Hub hub = new Hub(hubData);
        Purser agent = agent(place, hubData)) {
      place.start(Witness.script(BYTES_PER_SECOND, seconds));
      if (outageSeconds > 0) {
        Thread.sleep(seconds * 1000L / 4);
        hub.stop();
        Thread.sleep(outageSeconds * 1000L);
        hub.start();
      }
      place.await();
      long lines = Witness.lines(BYTES_PER_SECOND, seconds);
      try (Asking asking = new Asking(hubData)) {
        Witness.Account account = awaitAccount(witness, asking, lines);
        double took =
            asking
                .sql(
                    "SELECT epoch(max(time)) - epoch(min(time)) AS s FROM logs WHERE container = '%s'"
                        .formatted(CONTAINER))
                .path(0)
                .path("s")
                .asDouble();
        Main.print(
            name + (outageSeconds == 0 ? "" : ", hub away for %d s".formatted(outageSeconds)),
            "%,d lines, %.1f MB/s for %.0f s into %d files of %,d bytes: %,d rows, %,d lines torn in two, %,d lines of %,d bytes and %,d unseen files in %,d gaps, %,d twice, %,d unaccounted; agent %.1f CPU-s, %d MB at most; hub %.1f CPU-s"
                .formatted(
                    lines,
                    lines * Witness.LINE_BYTES / 1e6 / took,
                    took,
                    witness.files(),
                    witness.bytes(),
                    account.rows(),
                    account.torn(),
                    account.lost(),
                    account.lostBytes(),
                    account.unseen(),
                    account.gaps(),
                    account.twice(),
                    account.unaccounted(),
                    agent.process().cpuSeconds(),
                    agent.process().peakMegabytes(),
                    hub.cpuSeconds()),
            "bar 0 twice, 0 unaccounted");
        Main.print("  exact", account.isExact() ? "yes" : "NO", "");
        account.faults().stream()
            .limit(SHOWN_FAULTS)
            .forEach(fault -> Main.print("  fault", fault.replace('|', '/'), ""));
      }
    }
    bench.fresh("storm-hub");
  }

  /// Until all is known, or nothing more becomes known.
  private static Witness.Account awaitAccount(Witness witness, Asking asking, long lines)
      throws IOException, InterruptedException {
    long known = -1;
    int quiet = 0;
    while (true) {
      Witness.Account account = witness.account(asking, lines);
      if (account.isExact() || quiet == QUIET_LOOKS) {
        return account;
      }
      quiet = account.rows() + account.gaps() == known ? quiet + 1 : 0;
      known = account.rows() + account.gaps();
      Thread.sleep(LOOK_MILLIS);
    }
  }

  private Purser agent(Place place, Path hubData) throws IOException, InterruptedException {
    Path data = bench.fresh("storm-agent");
    Path config =
        bench.config(
            "storm-agent.yaml",
            "data: %s\nhub: %s\nsources: { containers: %s }\n"
                .formatted(data, Asking.hubOfAgents(hubData), place.containers()));
    return Purser.start(Measured.BOTH_CORES, data, List.of("agent", "--config", config.toString()));
  }

  /// A hub that comes back where it was.
  private final class Hub implements AutoCloseable {
    private final Path data;
    private final Path config;
    private Purser running;
    private double cpuSecondsBefore;

    Hub(Path data) throws IOException, InterruptedException {
      this.data = data;
      config =
          bench.config(
              "storm-hub.yaml",
              "data: %s\nhub: { listen: \"127.0.0.1:%d\" }\n"
                  .formatted(data, Loopback.unusedPort()));
      running =
          Purser.start(Measured.BOTH_CORES, data, List.of("hub", "--config", config.toString()));
    }

    void stop() {
      cpuSecondsBefore += running.process().cpuSeconds();
      running.close();
    }

    void start() throws IOException, InterruptedException {
      running =
          Purser.start(Measured.BOTH_CORES, data, List.of("hub", "--config", config.toString()));
    }

    double cpuSeconds() {
      return cpuSecondsBefore + running.process().cpuSeconds();
    }

    @Override
    public void close() {
      running.close();
    }
  }

  /// With the kubelet's own rotation: files of 10 MB, which it looks at every ten seconds, and five
  /// of them.
  private record Kubernetes(Cluster cluster) implements Place {
    @Override
    public Path logs() {
      return Path.of(cluster.env("POD_LOGS"));
    }

    @Override
    public String containers() {
      return "{ paths: \"%s\", docker: \"%s/none\", sockets: [\"%s\"] }"
          .formatted(cluster.env("POD_LOGS"), cluster.env("POD_LOGS"), cluster.env("CONTAINERD"));
    }

    @Override
    public void start(String script) throws IOException, InterruptedException {
      succeeded(
          cluster.apply(
              """
              apiVersion: v1
              kind: Pod
              metadata: { name: storm }
              spec:
                restartPolicy: Never
                terminationGracePeriodSeconds: 0
                containers:
                  - { name: %s, image: "%s", imagePullPolicy: Never, command: [ sh, -c, %s ] }
              """
                  .formatted(CONTAINER, cluster.env("IMAGE"), quoted(script))));
    }

    @Override
    public void await() throws IOException, InterruptedException {
      succeeded(
          cluster.kubectl(
              "KUBECONFIG",
              "wait",
              "--for=jsonpath={.status.phase}=Succeeded",
              "pod/storm",
              "--timeout=30m"));
    }

    @Override
    public void close() {
      cluster.close();
    }

    private static void succeeded(Cluster.Result result) throws IOException {
      if (result.exit() != 0) {
        throw new IOException("kubectl failed: " + result.out());
      }
    }

    private static String quoted(String script) throws JsonProcessingException {
      return new ObjectMapper().writeValueAsString(script);
    }
  }

  private record Dockerd(Docker docker) implements Place {
    @Override
    public Path logs() {
      return docker.logs();
    }

    @Override
    public String containers() {
      return "{ paths: \"%s/none\", docker: \"%s\", sockets: [\"%s\"] }"
          .formatted(docker.logs(), docker.logs(), docker.socket());
    }

    @Override
    public void start(String script) throws IOException, InterruptedException {
      docker.run(CONTAINER, List.of("--log-opt", "max-size=1m", "--log-opt", "max-file=3"), script);
    }

    @Override
    public void await() throws IOException, InterruptedException {
      docker.await(CONTAINER);
    }

    @Override
    public void close() {
      docker.close();
    }
  }
}
