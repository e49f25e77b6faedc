package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.rig.Cluster;
import dev.purser.rig.ShortJobs;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// [ShortJobs]: each line is there once, or a gap names the pod whose it was. `testing/bench/run
/// jobs` does the same with a thousand.
@Tag("root")
class ShortJobsTest {
  private static final int JOBS = Integer.getInteger("purser.jobs", 300);
  private static final int KILLS = 5;

  @TempDir private Path directory;

  @Test
  void eachLineIsThereOnceOrAGapNamesThePodThatNobodySaw() throws Exception {
    try (Cluster cluster = Cluster.up()) {
      ShortJobs.Account account =
          new ShortJobs(cluster, directory, JOBS, KILLS)
              .run(() -> {
                // Nobody else is beside it.
              });
      assertThat(account).matches(ShortJobs.Account::isExact, "exact");
    }
  }
}
