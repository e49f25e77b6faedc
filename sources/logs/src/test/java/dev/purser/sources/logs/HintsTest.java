package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.HostRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HintsTest {
  private static final Path LIMIT = Path.of("/proc/sys/fs/inotify/max_queued_events");

  @TempDir Path directory;

  @Test
  void whatTheKernelCouldNotKeepIsTold() throws Exception {
    CountDownLatch isReading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    try (Hints hints =
        Hints.open(
            new Semaphore(0),
            HostRoot.SAME,
            _ -> {
              isReading.countDown();
              awaitOpen(goOn);
            })) {
      hints.watch(directory);
      Path file = Files.createFile(directory.resolve("a.log"));
      isReading.await();
      // By lines: to a read that begins with one byte, the kernel gives but one.
      int limit = Integer.parseInt(Files.readAllLines(LIMIT).getFirst());
      for (int i = 0; i <= limit / 2; i++) {
        Files.delete(file);
        Files.createFile(file);
      }
      goOn.countDown();

      assertThat(hints.take())
          .matches(Changes::overflown, "overflown")
          .matches(Changes::everything, "everything");
      assertThat(hints.take()).matches(changes -> !changes.overflown(), "told once");
    }
  }

  private static void awaitOpen(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
