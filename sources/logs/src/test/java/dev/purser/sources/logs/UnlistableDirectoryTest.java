package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.config.DataSize;
import dev.purser.core.disk.HostRoot;
import dev.purser.core.record.Gap;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is in a directory that cannot be listed is not known, and what is elsewhere is.
class UnlistableDirectoryTest {
  private static final DataSize LIMIT = new DataSize(100);

  @TempDir Path temporary;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();
  private final Set<Path> unlistable = new HashSet<>();
  private Claims claims = new Claims();
  private Path directory;
  private Path secret;

  @BeforeEach
  void hide() throws IOException {
    directory = Files.createDirectory(temporary.resolve("seen"));
    secret = Files.createDirectory(directory.resolve("secret"));
    unlistable.add(secret);
  }

  @Test
  void aFileThatIsDeletedElsewhereIsReadToItsEndAndLetGo() throws Exception {
    Path log = write("app/app.log", "one\nlast");
    try (SteppedSource source = source().run()) {
      Files.delete(log);
      gone(source);
      assertThat(outbox.texts()).containsExactly("one\n", "last");
      assertThat(outbox.state(outbox.fileStreams().getFirst()).ended()).isTrue();
      assertThat(source.source().undecided()).isEmpty();
      assertThat(source.source().problems())
          .singleElement()
          .satisfies(p -> assertThat(p).contains(secret + ": may not be listed"));
    }
  }

  @Test
  void soIsOneWhoseDirectoryIsDeletedOrRenamedOutOfSight() throws Exception {
    write("deleted/deep/app.log", "one\nlast");
    write("renamed/deep/app.log", "two\nlast");
    write("linked/app.log", "three\nlast");
    try (SteppedSource source = source().run()) {
      Files.delete(directory.resolve("deleted/deep/app.log"));
      Files.delete(directory.resolve("deleted/deep"));
      Files.delete(directory.resolve("deleted"));
      Path away = Files.createDirectory(temporary.resolve("away"));
      Files.move(directory.resolve("renamed"), away.resolve("renamed"));
      Files.move(directory.resolve("linked"), away.resolve("linked"));
      Files.createSymbolicLink(directory.resolve("linked"), away.resolve("linked"));
      gone(source);
    }
    assertThat(outbox.texts())
        .containsExactlyInAnyOrder("one\n", "two\n", "three\n", "last", "last", "last");
  }

  @Test
  void aFileWhoseDirectoryIsRenamedIsReadOn() throws Exception {
    write("before/app.log", "one\nla");
    try (SteppedSource source = source().run()) {
      Files.move(directory.resolve("before"), directory.resolve("behind"));
      gone(source);
      Files.writeString(directory.resolve("behind/app.log"), "st\n", StandardOpenOption.APPEND);
      source.run();
    }
    assertThat(outbox.texts()).containsExactly("one\n", "last\n");
    assertThat(outbox.fileStreams()).hasSize(1);
  }

  @Test
  void whatIsInADirectoryThatCannotBeListedForAWhileIsNotGone() throws Exception {
    unlistable.clear();
    write("app/app.log", "one\nla");
    try (SteppedSource source = source().run()) {
      for (Path failing : List.of(directory.resolve("app"), directory)) {
        unlistable.add(failing);
        gone(source);
        unlistable.clear();
        source.run();
        assertThat(outbox.texts()).containsExactly("one\n");
      }
      Files.writeString(directory.resolve("app/app.log"), "st\n", StandardOpenOption.APPEND);
      source.run();
    }
    assertThat(outbox.texts()).containsExactly("one\n", "last\n");
    assertThat(outbox.fileStreams()).hasSize(1);
  }

  /// It was found in a look that could not open it, and the next ones do not find it.
  @Test
  void norIsOneThatWasNotOpenedYet() throws Exception {
    unlistable.clear();
    Path log = write("app/app.log", "one\n");
    Tree tree = new Tree();
    tree.unreadable.add(log);
    try (SteppedSource source = source(tree)) {
      source.look();
      unlistable.add(log.getParent());
      gone(source);
      assertThat(outbox.gaps()).isEmpty();
      unlistable.clear();
      tree.unreadable.clear();
      source.run();
    }
    assertThat(outbox.texts()).containsExactly("one\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void whatDeletedFilesHoldElsewhereIsLimited() throws Exception {
    Path log = write("app/app.log", "x".repeat(200) + "\n");
    try (SteppedSource source = source()) {
      source.look();
      Files.delete(log);
      source.look();
      source.look();
      source.run();
    }
    assertThat(outbox.texts()).isEmpty();
    assertThat(outbox.gaps())
        .singleElement()
        .satisfies(gap -> {
          assertThat(gap.reason()).isEqualTo(Gap.Reason.DELETED_UNREAD);
          assertThat(gap.detail()).contains("heldBytes");
        });
  }

  /// To be missing from one listing is not to be deleted, however often nothing newer is known.
  @Test
  void aFileThatIsMissingFromTheLastListingThereWasIsNotGivenUp() throws Exception {
    String line = "x".repeat(200) + "\n";
    Path log = write("app/app.log", line);
    try (SteppedSource source = source()) {
      source.look();
      Path away = Files.move(log, log.resolveSibling("on its way"));
      source.look();
      unlistable.add(log.getParent());
      source.look();
      source.look();
      Files.move(away, log);
      unlistable.remove(log.getParent());
      source.run();
    }
    assertThat(outbox.texts()).containsExactly(line);
    assertThat(outbox.gaps()).isEmpty();
  }

  /// Its number may soon be another source's file's.
  @Test
  void aFileThatIsGoneIsNoLongerClaimed() throws Exception {
    Path log = write("app/app.log", "one\n");
    FileId id = new FileStats(HostRoot.SAME).read(log).id();
    try (SteppedSource source = source().run()) {
      Files.delete(log);
      gone(source);
      assertThat(claims.take(claims.register(List.of(), List.of()), id)).isTrue();
    }
  }

  /// Looks long enough for what is gone to be given up.
  private void gone(SteppedSource source) throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      source.run();
      clock.pass(Duration.ofSeconds(6));
    }
    source.run();
  }

  private SteppedSource source() {
    return source(new Tree());
  }

  private SteppedSource source(FileTree tree) {
    FileSourceConfig config =
        SteppedSource.config(From.BEGINNING, 1 << 16, LIMIT, directory.resolve("**/*.log"));
    return new SteppedSource(
        readers ->
            new FileSource(
                config,
                Planner.all(LineDecoder.KIND, new LineSplitter(), LogContext.ofFiles(Map.of())),
                tree,
                claims,
                readers,
                clock::now),
        outbox);
  }

  private Path write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  /// The host's files, as a process sees them that may not list some directories.
  private final class Tree extends PassingTree {
    private final FileTree host =
        new HostTree(
            HostRoot.SAME, List.of(new FilePattern(directory.resolve("**/*.log").toString())));
    private final Set<Path> unreadable = new HashSet<>();

    @Override
    FileTree tree() {
      return host;
    }

    @Override
    public List<String> names(Path directory, Consumer<Path> onWatchable, Consumer<String> problems)
        throws IOException {
      if (unlistable.contains(directory)) {
        throw new AccessDeniedException(directory.toString());
      }
      return super.names(directory, onWatchable, problems);
    }

    @Override
    public @Nullable FileChannel open(Path file, FileId found) throws IOException {
      if (unreadable.contains(file)) {
        throw new AccessDeniedException(file.toString());
      }
      return super.open(file, found);
    }
  }
}
