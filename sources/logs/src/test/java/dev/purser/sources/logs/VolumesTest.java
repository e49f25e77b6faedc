package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.source.Volume;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumesTest {
  @TempDir Path directory;
  private Path log;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();

  @BeforeEach
  void nameFile() {
    log = directory.resolve("app.log");
  }

  @Test
  void tellsWhatIsWrittenReadAndDelivered() throws Exception {
    append(log, "one\ntwo\nthr");
    outbox.holdBack();
    try (SteppedSource source = source(log).run()) {
      check(source, 11, 8, 0, 0);
      outbox.flush();
      check(source, 11, 8, 8, 0);
      assertThat(volume(source).oldestUnreadMicros()).isPositive();
      append(log, "ee\nfour");
      source.look();
      check(source, 18, 8, 8, 0);
      source.run();
      outbox.flush();
      check(source, 18, 14, 14, 0);
    }
  }

  @Test
  void tellsWhatWaitsForTheEndOfItsLine() throws Exception {
    append(log, "one");
    try (SteppedSource source = source(log).run()) {
      assertThat(volume(source).unendedBytes()).isEqualTo(3);
      append(log, "\ntwo\nthr");
      source.run();
      assertThat(volume(source).unendedBytes()).isEqualTo(3);
      append(log, "ee\nfour\n");
      source.look();
      assertThat(volume(source).unreadBytes()).isEqualTo(11);
      assertThat(volume(source).unendedBytes()).isEqualTo(3);
      source.run();
      assertThat(volume(source).unendedBytes()).isZero();
    }
  }

  @Test
  void countsOnThroughRotationAndDeletion() throws Exception {
    append(log, "one\n");
    try (SteppedSource source = source(directory.resolve("app.log*")).run()) {
      append(log, "two\nlast");
      Path rotated = Files.move(log, directory.resolve("app.log.1"));
      append(log, "three\n");
      source.look();
      Files.delete(rotated);
      source.run();
      clock.pass(Duration.ofSeconds(6));
      source.run();
      clock.pass(Duration.ofSeconds(6));
      source.run();
      assertThat(outbox.gaps()).isEmpty();
      check(source, 18, 18, 18, 0);
      Files.delete(log);
      source.run();
      clock.pass(Duration.ofSeconds(6));
      source.run().run();
      check(source, 18, 18, 18, 0);
      clock.pass(Duration.ofMinutes(4));
      source.run();
      assertThat(source.source().volumes()).hasSize(1);
      clock.pass(Duration.ofMinutes(2));
      source.run();
      assertThat(source.source().volumes()).isEmpty();
    }
  }

  @Test
  void countsWhatATruncationTookAsLost() throws Exception {
    append(log, "one\ntwo\nunread");
    try (SteppedSource source = source(log).run()) {
      check(source, 14, 8, 8, 0);
      Files.writeString(log, "new\n");
      source.run();
      assertThat(outbox.gaps()).hasSize(1);
      check(source, 18, 12, 12, 6);
    }
  }

  @Test
  void countsAFileThatWentBeforeItWasOpenedAsLost() throws Exception {
    Path other = directory.resolve("gone.log");
    append(other, "never seen by anybody\n");
    try (SteppedSource source = source(other)) {
      Files.setPosixFilePermissions(other, Set.of());
      source.look();
      boolean isRoot = source.source().problems().isEmpty();
      Files.delete(other);
      source.run();
      clock.pass(Duration.ofSeconds(6));
      source.run().run();
      if (isRoot) {
        // Who may read everything had it open: nothing is lost.
        check(source, 22, 22, 22, 0);
      } else {
        check(source, 22, 0, 0, 22);
      }
    }
  }

  @Test
  void countsACopyAndWhatItIsACopyOfOnce() throws Exception {
    append(log, "one\ntwo\n");
    try (SteppedSource source = source(directory.resolve("app.log*")).run()) {
      append(log, "three\n");
      Files.copy(log, directory.resolve("app.log.1"));
      source.look();
      check(source, 14, 8, 8, 0);
      Files.writeString(log, "four\n");
      source.run();
      clock.pass(Duration.ofSeconds(6));
      source.run();
      assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n", "four\n");
      check(source, 19, 19, 19, 0);
    }
  }

  @Test
  void countsFromWhereThisRunBegan() throws Exception {
    append(log, "one\n");
    source(log).run().close();
    outbox.crash();
    append(log, "two\n");
    try (SteppedSource source = source(log).run()) {
      check(source, 4, 4, 4, 0);
    }
  }

  @Test
  void whatTheHubSendsBackIsReadOnceMore() throws Exception {
    append(log, "one\n");
    outbox.holdBack();
    try (SteppedSource source = source(log).run()) {
      check(source, 4, 4, 0, 0);
      outbox.sendBack();
      check(source, 4, 0, 0, 0);
      source.run();
      outbox.flush();
      check(source, 4, 4, 4, 0);
    }
  }

  private void check(SteppedSource source, long written, long read, long delivered, long lost) {
    Volume volume = volume(source);
    assertThat(volume)
        .extracting(
            Volume::writtenBytes, Volume::readBytes, Volume::deliveredBytes, Volume::lostBytes)
        .containsExactly(written, read, delivered, lost);
    assertThat(volume.unreadBytes()).isEqualTo(written - read - lost);
  }

  private Volume volume(SteppedSource source) {
    assertThat(source.source().volumes()).hasSize(1);
    Volume volume = source.source().volumes().getFirst();
    assertThat(volume.subject()).containsOnlyKeys("source", "file");
    return volume;
  }

  private SteppedSource source(Path pattern) {
    return new SteppedSource(SteppedSource.config(From.BEGINNING, 4096, pattern), outbox, clock);
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
