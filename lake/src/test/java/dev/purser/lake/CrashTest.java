package dev.purser.lake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.Disk;
import dev.purser.testkit.CrashError;
import dev.purser.testkit.PowerLossDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A crash at each step of the commits, with and without the loss of what was not forced.
class CrashTest {
  private static final long DAY = 86_400_000_000L;

  @TempDir Path directory;

  /// Two cycles over two days; the first commits two tables and gaps, the second only one.
  private static Frames frames() {
    return new Frames()
        .lines("s1", LineDecoder.KIND, Frames.numbered("a", 30))
        .lines("s2", "other", Frames.numbered("o", 20))
        .end()
        .lines("s1", LineDecoder.KIND, "bad 1", "good")
        .end(Frames.T0 + DAY)
        .lines("s1", LineDecoder.KIND, Frames.numbered("b", 10))
        .end(Frames.T0 + DAY);
  }

  @Test
  void storesEachRowOnceWhereverTheProcessEnds() throws Exception {
    int steps = run(directory.resolve("whole"), Integer.MAX_VALUE, null, false);
    assertThat(steps).isGreaterThan(12);
    for (int step = 0; step < steps; step++) {
      run(directory.resolve("crash" + step), step, null, false);
    }
  }

  @Test
  void storesEachRowOnceWhereverThePowerGoes() throws Exception {
    int steps = run(directory.resolve("whole"), Integer.MAX_VALUE, null, true);
    for (int step = 0; step < steps; step++) {
      run(directory.resolve("loss" + step), step, null, true);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void storesEachRowOnceWhateverPartOfTheUnforcedIsLeft(long seed) throws Exception {
    Random random = new Random(seed);
    for (int step = 2; step < 14; step += 3) {
      run(directory.resolve("part" + step), step, random, true);
    }
  }

  /// Runs until the step, crashes there, opens again and checks.
  ///
  /// @return how many steps there were
  private static int run(
      Path lakeDirectory, int crashAt, @Nullable Random random, boolean powerLoss)
      throws Exception {
    Frames frames = frames();
    AtomicInteger steps = new AtomicInteger();
    PowerLossDisk disk =
        disk(
            lakeDirectory,
            name -> {
              if (steps.getAndIncrement() == crashAt) {
                throw new CrashError(name);
              }
            });
    Lake lake = open(lakeDirectory, disk);
    try {
      Frames first = new Frames();
      first.all().addAll(frames.all().subList(0, 2));
      first.applyTo(lake, 0);
      lake.commit();
      frames.applyTo(lake, lake.applied());
      lake.commit();
    } catch (CrashError expected) {
      assertThat(crashAt).isNotEqualTo(Integer.MAX_VALUE);
    }
    long released = lake.committed();
    lake.close();
    if (random != null) {
      disk.powerLoss(random);
    } else if (powerLoss) {
      disk.powerLoss();
    }
    try (Lake again = open(lakeDirectory, disk(lakeDirectory, _ -> {}))) {
      assertThat(again.replayFrom())
          .as("what was released from the log is not needed again")
          .isGreaterThanOrEqualTo(released);
      // The log begins with a whole segment: more comes again than is needed.
      frames.applyTo(again, released == 0 ? 0 : released - 100);
      check(again);
      again.commit();
      check(again);
      assertThat(again.committed()).isEqualTo(frames.endOfLog());
    }
    try (Lake again = open(lakeDirectory, disk(lakeDirectory, _ -> {}))) {
      assertThat(again.replayFrom()).isEqualTo(frames.endOfLog());
      check(again);
    }
    return steps.get();
  }

  private static void check(Lake lake) throws QueryException, IOException {
    assertThat(
            Answer.of(
                    lake,
                    """
                    SELECT t, count(*), count(DISTINCT (source, seq)), max(seq) FROM
                      (SELECT 'logs' AS t, source, seq FROM logs
                       UNION ALL SELECT 'others', source, seq FROM others
                       UNION ALL SELECT 'gaps', source, seq FROM gaps)
                    GROUP BY t ORDER BY t\
                    """)
                .rows())
        .containsExactly(
            java.util.List.of("gaps", 1L, 1L, 30L),
            java.util.List.of("logs", 41L, 41L, 41L),
            java.util.List.of("others", 20L, 20L, 19L));
  }

  private static PowerLossDisk disk(Path lakeDirectory, java.util.function.Consumer<String> onStep)
      throws IOException {
    java.nio.file.Files.createDirectories(lakeDirectory);
    return new PowerLossDisk(
        lakeDirectory,
        path -> {
          String name = path.getFileName().toString();
          return name.startsWith("catalog.db") || name.equals("spill");
        },
        onStep);
  }

  private static Lake open(Path lakeDirectory, Disk disk) throws IOException {
    return LakeTest.open(lakeDirectory, disk, LineDecoder.logs(), LineDecoder.others());
  }
}
