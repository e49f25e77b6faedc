package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.HostRoot;
import dev.purser.core.record.Gap;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files that are gone, or renamed, between the look that finds them and the attempt to open them.
class MissedFilesTest {
  @TempDir Path directory;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();
  private final Set<Path> going = new HashSet<>();
  private Path log;

  @BeforeEach
  void write() throws Exception {
    log = directory.resolve("app.log");
    Files.writeString(log, "one\n");
  }

  /// A look at everything may be long in coming.
  @Test
  void looksAtWhatHasChangedTellOfAFileThatWentUnopened() throws Exception {
    try (SteppedSource source = source()) {
      going.add(log);
      source.run(Changes.none().all(false));
      Files.delete(log);
      for (int i = 0; i < 3; i++) {
        source.run(Changes.none());
        clock.pass(Duration.ofMillis(500));
      }
      source.run(Changes.none());
      source.run(Changes.none());

      assertThat(outbox.gaps())
          .singleElement()
          .satisfies(gap -> {
            assertThat(gap.reason()).isEqualTo(Gap.Reason.DELETED_UNREAD);
            assertThat(gap.to().offset()).isEqualTo(4);
            assertThat(gap.detail()).startsWith(log + ": deleted before it could be opened");
          });
    }
    assertThat(outbox.texts()).isEmpty();
  }

  @Test
  void oneThatIsOnItsWayToAnotherNameIsRead() throws Exception {
    try (SteppedSource source = source()) {
      going.add(log);
      source.run(Changes.none().all(false));
      Path away = Files.move(log, directory.resolve("away"));
      source.run(Changes.none());
      source.run(Changes.none());
      clock.pass(Duration.ofMillis(999));
      source.run(Changes.none());
      Files.move(away, directory.resolve("app.log.1"));
      source.run(Changes.none());
      source.run(Changes.none());
    }
    assertThat(outbox.texts()).containsExactly("one\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  private SteppedSource source() {
    FileSourceConfig config = SteppedSource.config(From.BEGINNING, 1 << 20, log);
    return new SteppedSource(
        readers ->
            new FileSource(
                config, SteppedSource.LINES, new Tree(), new Claims(), readers, clock::now),
        outbox);
  }

  /// In which some files go once they were found.
  private final class Tree extends PassingTree {
    private final HostTree tree = new HostTree(HostRoot.SAME, List.of(new FilePattern("" + log)));

    @Override
    FileTree tree() {
      return tree;
    }

    @Override
    public @Nullable FileChannel open(Path file, FileId found) throws IOException {
      if (going.contains(file)) {
        throw new NoSuchFileException(file.toString());
      }
      return super.open(file, found);
    }
  }
}
