package dev.purser.lake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.LocalDisk;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConcurrencyTest {
  private static final int COMMITS = 50;
  private static final int QUERIES = 200;
  private static final int LINES = 20;

  @TempDir Path directory;

  @Test
  void noQuerySeesARowTwiceOrNotAtAllWhileItMovesIntoFiles() throws Exception {
    AtomicLong visible = new AtomicLong();
    AtomicLong begun = new AtomicLong();
    AtomicBoolean done = new AtomicBoolean();
    try (Lake lake = LakeTest.open(directory, new LocalDisk(), LineDecoder.logs());
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<?> writer =
          threads.submit(() -> {
            Frames frames = new Frames();
            int commits = 0;
            while (commits < COMMITS || !done.get()) {
              frames.lines("s", LineDecoder.KIND, Frames.numbered("line ", LINES)).end();
              begun.addAndGet(LINES);
              frames.applyTo(lake, lake.applied());
              visible.addAndGet(LINES);
              lake.commit();
              commits++;
            }
            return null;
          });
      try {
        for (int i = 0; i < QUERIES; i++) {
          long least = visible.get();
          List<@Nullable Object> row =
              Answer.of(
                      lake,
                      "SELECT count(*), count(DISTINCT seq), coalesce(max(seq) + 1, 0) FROM logs")
                  .rows()
                  .get(0);
          assertThat(row.get(0)).isEqualTo(row.get(1)).isEqualTo(row.get(2));
          assertThat((Long) row.get(0)).isBetween(least, begun.get());
        }
      } finally {
        done.set(true);
      }
      writer.get();
      assertThat(lake.status().commits()).isGreaterThanOrEqualTo(COMMITS);
    }
  }
}
