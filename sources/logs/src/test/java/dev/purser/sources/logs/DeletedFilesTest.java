package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.config.DataSize;
import dev.purser.core.record.Gap;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What deleted files may take of the disk.
class DeletedFilesTest {
  private static final DataSize LIMIT = new DataSize(100);

  @TempDir Path directory;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();

  @Test
  void theOldestOfWhoeverHoldsMostIsGivenUpWithItsExactBytes() throws Exception {
    try (SteppedSource source = source()) {
      Path quiet = write("quiet.log", "a line of the quiet one\n");
      source.source().look();
      Files.delete(quiet);
      for (int i = 1; i <= 3; i++) {
        // Begun, and no more: the rest of each waits.
        Path loud = write("loud.log", i + " first line of 20 by\n" + i + " second line\n");
        source.source().look();
        Files.delete(loud);
      }
      source.source().look();
      source.source().look();
      source.run();
    }
    assertThat(outbox.texts())
        .containsExactlyInAnyOrder(
            "a line of the quiet one\n",
            "2 first line of 20 by\n",
            "2 second line\n",
            "3 first line of 20 by\n",
            "3 second line\n");
    assertThat(outbox.gaps())
        .singleElement()
        .satisfies(gap -> {
          assertThat(gap.reason()).isEqualTo(Gap.Reason.DELETED_UNREAD);
          assertThat(gap.from().offset()).isZero();
          assertThat(gap.to().offset()).isEqualTo(36);
          assertThat(gap.detail()).contains("loud.log", "heldBytes");
        });
  }

  @Test
  void whatWasReadOfAFileThatIsGivenUpIsKept() throws Exception {
    try (SteppedSource source = source()) {
      Path log = write("loud.log", "read\n");
      source.run();
      Files.writeString(log, "x".repeat(200) + "\n", StandardOpenOption.APPEND);
      Files.delete(log);
      source.source().look();
      source.source().look();
      source.run();
    }
    assertThat(outbox.texts()).containsExactly("read\n");
    assertThat(outbox.gaps())
        .singleElement()
        .satisfies(gap -> {
          assertThat(gap.from().offset()).isEqualTo(5);
          assertThat(gap.to().offset()).isEqualTo(206);
        });
  }

  /// It was rotated before, so that nobody writes to it any more.
  @Test
  void aRotatedFileThatWasReadWholeIsLetGoWithoutAGap() throws Exception {
    String line = "x".repeat(200) + "\n";
    try (SteppedSource source = source()) {
      Path log = write("loud.log", line);
      source.run();
      Path rotated = Files.move(log, directory.resolve("loud.log.1"));
      source.source().look();
      Files.delete(rotated);
      source.source().look();
      source.source().look();
      source.run();
    }
    assertThat(outbox.texts()).containsExactly(line);
    assertThat(outbox.gaps()).isEmpty();
    assertThat(outbox.state(outbox.fileStreams().getFirst()).ended()).isTrue();
  }

  /// Its name comes back: a file on its way to another name was not deleted.
  @Test
  void aFileThatIsMissingOnceIsNotGivenUp() throws Exception {
    String line = "x".repeat(200) + "\n";
    try (SteppedSource source = source()) {
      Path log = write("loud.log", line);
      source.source().look();
      Path away = Files.move(log, directory.resolve("elsewhere"));
      source.source().look();
      Files.move(away, log);
      source.run();
    }
    assertThat(outbox.texts()).containsExactly(line);
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void aFileWhoseCompressedFormIsThereIsNotGivenUp() throws Exception {
    String line = "x".repeat(200) + "\n";
    try (SteppedSource source = source()) {
      Path log = write("loud.log", line);
      source.source().look();
      Path rotated = Files.move(log, directory.resolve("loud.log.1"));
      source.source().look();
      try (OutputStream out =
          new GZIPOutputStream(Files.newOutputStream(directory.resolve("loud.log.1.gz")))) {
        out.write(line.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      }
      Files.delete(rotated);
      for (int i = 0; i < 4; i++) {
        source.look();
      }
      source.run();
    }
    assertThat(outbox.texts()).containsExactly(line);
    assertThat(outbox.gaps()).isEmpty();
  }

  /// A reader that waits for the hub has its file to itself.
  @Test
  void whoeverWaitsForTheHubHoldsNoFileThatWasMadeLater() throws Exception {
    Path log = directory.resolve("loud.log");
    // All files are born after that.
    SteppedSource.Clock clock = new SteppedSource.Clock(Instant.parse("2001-11-23T05:00:00Z"));
    try (SteppedSource source = source(clock)) {
      Files.writeString(log, "one\n");
      Incarnation first = source.look().getFirst();
      Files.delete(log);
      source.look();
      Files.writeString(directory.resolve("loud.log.1"), "two\n");
      CountDownLatch isLocked = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      Thread reader =
          Thread.ofPlatform()
              .name("reader")
              .start(() -> {
                first.lock().lock();
                try {
                  isLocked.countDown();
                  goOn.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                } finally {
                  first.lock().unlock();
                }
              });
      try {
        isLocked.await();
        source.look();
        for (Incarnation each : source.look()) {
          if (each != first) {
            source.read(each);
          }
        }
        assertThat(outbox.texts()).containsExactly("two\n");
      } finally {
        goOn.countDown();
        reader.join();
      }
      source.run();
    }
    assertThat(outbox.texts()).containsExactlyInAnyOrder("one\n", "two\n");
  }

  private SteppedSource source() {
    return source(clock);
  }

  private SteppedSource source(SteppedSource.Clock clock) {
    return new SteppedSource(
        SteppedSource.config(From.BEGINNING, 1 << 20, LIMIT, directory.resolve("*.log")),
        outbox,
        clock);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }
}
