package dev.purser.bench;

import dev.purser.rig.Cluster;
import dev.purser.rig.ShortJobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Jobs that live a second, in a Kubernetes, and agents that are killed; another collector beside
/// it, if there is one.
final class Jobs {
  private static final int KILLS = 5;
  private static final int SHOWN_FAULTS = 5;
  private static final Pattern LINE = Pattern.compile("only line of short-[0-9]+");

  private final Main bench;
  private final int jobs;

  Jobs(Main bench, int jobs) {
    this.bench = bench;
    this.jobs = jobs;
  }

  void run() throws IOException, InterruptedException {
    try (Cluster cluster = Cluster.up()) {
      Path directory = Files.createDirectories(bench.fresh("jobs"));
      Optional<FluentBit> installed = FluentBit.named();
      Optional<FluentBit.Keeping> other =
          installed.isEmpty()
              ? Optional.empty()
              : Optional.of(
                  installed
                      .get()
                      .keep(
                          Measured.BOTH_CORES,
                          directory.resolve("fluent-bit"),
                          cluster.env("POD_LOGS") + "/*/*/*.log"));
      try {
        ShortJobs.Account account =
            new ShortJobs(cluster, directory, jobs, KILLS)
                .run(() -> {
                  if (other.isPresent()) {
                    other.get().killAndStart();
                  }
                });
        Main.print(
            "short Jobs",
            "%,d Jobs of one line, agent killed %d times: %,d rows, %,d gaps that name the pod, %,d in neither"
                .formatted(
                    jobs, KILLS, account.rows(), account.gaps(), account.unaccounted().size()),
            "bar rows + gaps = Jobs");
        Main.print("  exact", account.isExact() ? "yes" : "NO", "");
        account.faults().stream()
            .limit(SHOWN_FAULTS)
            .forEach(fault -> Main.print("  fault", fault.replace('|', '/'), ""));
        if (other.isPresent()) {
          Map<String, Integer> found = other.get().found(LINE);
          Main.print(
              "  Fluent Bit, killed as often",
              "%,d rows, %,d of them more than once, %,d in neither"
                  .formatted(
                      found.size(),
                      found.values().stream().filter(times -> times > 1).count(),
                      jobs - found.size()),
              "");
        }
      } finally {
        other.ifPresent(FluentBit.Keeping::close);
      }
    }
    bench.fresh("jobs");
  }
}
