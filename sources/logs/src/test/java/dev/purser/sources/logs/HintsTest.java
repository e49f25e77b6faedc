package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.io.OutputStream;
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

  /// Nothing takes the kernel's word out of it from the first file's birth to the test's asking.
  private final CountDownLatch isReading = new CountDownLatch(1);

  private final CountDownLatch goOn = new CountDownLatch(1);

  @Test
  void namesThatTheKernelCouldNotKeepAreTold() throws Exception {
    try (Hints hints = open()) {
      Path file = begin(hints);
      for (int i = 0; i <= limit() / 2; i++) {
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

  @Test
  void writesThatTheKernelCouldNotKeepCostNoName() throws Exception {
    try (Hints hints = open()) {
      begin(hints);
      Path file = Files.createFile(directory.resolve("b.log"));
      try (OutputStream one = Files.newOutputStream(file);
          OutputStream other = Files.newOutputStream(directory.resolve("c.log"))) {
        for (int i = 0; i <= limit() / 2; i++) {
          one.write('1');
          other.write('2');
        }
      }
      Files.delete(file);
      goOn.countDown();

      Changes changes = hints.take();
      assertThat(changes)
          .matches(Changes::everything, "everything")
          .matches(told -> !told.overflown(), "all names are told");
      assertThat(changes.made()).containsEntry(file, 1);
    }
  }

  @Test
  void onlyWhatIsWrittenBeforeItGoesIsMade() throws Exception {
    goOn.countDown();
    try (Hints hints = open()) {
      hints.watch(directory);
      // Nobody else reads meanwhile.
      synchronized (hints) {
        Path written = Files.writeString(directory.resolve("b.log"), "b\n");
        Path unwritten = Files.createFile(directory.resolve("c.log"));
        Files.delete(written);
        Files.delete(unwritten);

        assertThat(hints.take().made()).containsEntry(written, 1).containsEntry(unwritten, 0);
      }
    }
  }

  @Test
  void whatIsWrittenOrMovedBetweenTwoReadingsCounts() throws Exception {
    goOn.countDown();
    Path below = Files.createDirectory(directory.resolve("below"));
    try (Hints hints = open()) {
      hints.watch(directory);
      hints.watch(below);
      synchronized (hints) {
        Path later = Files.createFile(directory.resolve("b.log"));
        assertThat(hints.take().made()).containsEntry(later, 1);
        Files.writeString(later, "b\n");
        assertThat(hints.take().made()).isEmpty();
        Files.delete(later);
        Path moved = Files.writeString(below.resolve("c.log"), "c\n");
        Files.delete(moved);
        Files.move(below, directory.resolve("elsewhere"));

        assertThat(hints.take().made()).doesNotContainKey(later).containsEntry(moved, 1);
      }
    }
  }

  /// What is written after a reading took the names and before it takes the writes.
  @Test
  void aWriteThatIsToldBeforeItsNameCounts() throws Exception {
    try (Hints hints = open()) {
      begin(hints);
      Path file = Files.writeString(directory.resolve("b.log"), "b\n");
      goOn.countDown();
      int made = hints.take().made().getOrDefault(file, 0);
      Files.delete(file);

      assertThat(made + hints.take().made().getOrDefault(file, 0)).isOne();
    }
  }

  private Hints open() {
    return Hints.open(
        new Semaphore(0),
        HostRoot.SAME,
        _ -> {
          isReading.countDown();
          awaitOpen(goOn);
        });
  }

  private Path begin(Hints hints) throws Exception {
    hints.watch(directory);
    Path file = Files.createFile(directory.resolve("a.log"));
    isReading.await();
    return file;
  }

  /// By lines: to a read that begins with one byte, the kernel gives but one.
  private static int limit() throws IOException {
    return Integer.parseInt(Files.readAllLines(LIMIT).getFirst());
  }

  private static void awaitOpen(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
