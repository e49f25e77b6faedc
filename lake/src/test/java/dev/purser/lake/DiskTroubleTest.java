package dev.purser.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.config.DataSize;
import dev.purser.core.disk.LocalDisk;
import dev.purser.testkit.FailingDisk;
import dev.purser.testkit.FailingDisk.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class DiskTroubleTest {
  @TempDir Path directory;

  @Test
  void aCommitThatFailsForWantOfSpaceIsTriedAgainAndLosesNothing() throws Exception {
    FailingDisk disk = new FailingDisk();
    Frames frames = new Frames().lines("s", LineDecoder.KIND, "one").lines("o", "other", "x").end();
    try (Lake lake = LakeTest.open(directory, disk, LineDecoder.logs(), LineDecoder.others())) {
      frames.applyTo(lake);
      disk.fail(Operation.WRITE);
      assertThatThrownBy(lake::commit)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("No space left on device");
      assertThat(lake.committed()).isZero();
      frames.lines("s", LineDecoder.KIND, "two").end();
      frames.applyTo(lake, lake.applied());
      assertThat(Answer.value(lake, "SELECT count(*) FROM logs")).isEqualTo(2L);
      assertThat(lake.status().failedCommits()).isPositive();

      disk.heal();
      lake.commit();
      lake.commit();
      assertThat(lake.committed()).isEqualTo(200);
      assertThat(Answer.value(lake, "SELECT count(*) FROM logs")).isEqualTo(2L);
    }
    try (Lake lake =
        LakeTest.open(directory, new LocalDisk(), LineDecoder.logs(), LineDecoder.others())) {
      assertThat(lake.replayFrom()).isEqualTo(200);
      assertThat(Answer.value(lake, "SELECT count(*) FROM logs")).isEqualTo(2L);
      assertThat(Answer.value(lake, "SELECT count(*) FROM others")).isEqualTo(1L);
    }
  }

  @Test
  void aCopyThatFailsIsTriedAgain() throws Exception {
    Path day = directory.resolve("warehouse/logs/data/ingest_time_day=2026-11-22");
    try (Lake lake = LakeTest.open(directory, new LocalDisk(), LineDecoder.logs())) {
      new Frames().lines("s", LineDecoder.KIND, "one").end().applyTo(lake);
      Path inTheWay = day.resolve(LakeTest.WAL + "-0-100.parquet");
      Files.createDirectories(inTheWay);
      assertThatThrownBy(lake::commit).isInstanceOf(IOException.class);
      Files.delete(inTheWay);

      lake.commit();

      assertThat(Answer.value(lake, "SELECT count(*) FROM logs")).isEqualTo(1L);
    }
  }

  @Test
  void aFailedFsyncStopsTheLakeWithAClearMessage() throws Exception {
    FailingDisk disk = new FailingDisk();
    Frames frames = new Frames().lines("s", LineDecoder.KIND, "one").end();
    try (Lake lake = LakeTest.open(directory, disk, LineDecoder.logs())) {
      frames.applyTo(lake);
      disk.fail(Operation.FORCE);
      assertThatThrownBy(lake::commit)
          .isInstanceOf(NotDurableException.class)
          .hasMessageContaining("the hub must stop");
      disk.heal();
      assertThatThrownBy(lake::commit).isInstanceOf(NotDurableException.class);
      assertThatThrownBy(() -> lake.apply(200, Frames.T0, List.of()))
          .isInstanceOf(NotDurableException.class);
    }
    try (Lake lake = LakeTest.open(directory, new LocalDisk(), LineDecoder.logs())) {
      frames.applyTo(lake);
      assertThat(Answer.value(lake, "SELECT count(*) FROM logs")).isEqualTo(1L);
    }
  }

  @Test
  @Timeout(120)
  void fullStagingHoldsTheLogUntilACommitSucceeds() throws Exception {
    LakeConfig small =
        new LakeConfig(
            Duration.ofHours(1),
            new DataSize(1 << 10),
            Duration.ofDays(190),
            DataSize.ofMegabytes(256));
    FailingDisk disk = new FailingDisk();
    Frames frames = new Frames();
    for (int i = 0; i < 10; i++) {
      frames.lines("s", LineDecoder.KIND, Frames.numbered("a line of some length ", 20)).end();
    }
    try (Lake lake =
        Lake.open(
            directory, small, List.of(LineDecoder.logs()), LakeTest.WAL, disk, LakeTest.CLOCK)) {
      disk.fail(Operation.WRITE);
      CountDownLatch begun = new CountDownLatch(1);
      CompletableFuture<Void> drain = new CompletableFuture<>();
      Thread thread =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  begun.countDown();
                  frames.applyTo(lake);
                  drain.complete(null);
                } catch (InterruptedException | RuntimeException e) {
                  drain.completeExceptionally(e);
                }
              });
      begun.await();
      while (lake.status().failedCommits() == 0) {
        Thread.onSpinWait();
      }
      while (thread.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      assertThat(lake.applied()).isLessThan(frames.endOfLog());

      disk.heal();
      drain.get(60, TimeUnit.SECONDS);
      lake.commit();
      assertThat(Answer.value(lake, "SELECT count(DISTINCT seq) FROM logs")).isEqualTo(200L);
      thread.join();
    }
  }
}
