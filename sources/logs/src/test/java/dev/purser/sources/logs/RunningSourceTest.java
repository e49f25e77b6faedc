package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.record.Gap;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The source with its threads, inotify and the real clock.
class RunningSourceTest {
  private static final int LINES = 20_000;

  @TempDir Path directory;
  private final RecordingOutbox outbox = new RecordingOutbox();

  @Test
  void readsWhatIsWrittenAndRotatedWhileItRuns() throws Exception {
    Path log = directory.resolve("deep/er/app.log");
    try (ReaderPool readers = new ReaderPool(2);
        FileSource source = source(readers, directory.resolve("**/*.log"), Duration.ofHours(1))) {
      source.start(outbox);
      Files.createDirectories(log.getParent());
      List<String> expected = new ArrayList<>();
      StringBuilder block = new StringBuilder();
      for (int i = 0; i < LINES; i++) {
        String line = "line " + i + "\n";
        expected.add(line);
        block.append(line);
        if (i % 100 == 99) {
          append(log, block.toString());
          block.setLength(0);
        }
        if (i % 5000 == 4999) {
          Files.move(log, log.resolveSibling("app.log." + i), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      outbox.awaitRecords(LINES);
      assertThat(outbox.texts()).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(outbox.fileStreams()).hasSize(4);
      assertThat(source.problems()).isEmpty();
      assertThat(source.progress()).allSatisfy(each -> assertThat(each.lagBytes()).isZero());
    }
  }

  @Test
  void severalThreadsDrainManyFilesOnce() throws Exception {
    for (int file = 0; file < 50; file++) {
      append(directory.resolve("f" + file + ".log"), "first of " + file + "\n" + "x\n".repeat(500));
    }
    try (ReaderPool readers = new ReaderPool(2);
        FileSource source = source(readers, directory.resolve("*.log"))) {
      source.start(outbox);
      assertThat(source.drain()).isEmpty();
      assertThat(outbox.texts()).hasSize(50 * 501);
    }
  }

  private static FileSource source(ReaderPool readers, Path pattern) {
    return source(readers, pattern, Duration.ofMillis(200));
  }

  private static FileSource source(ReaderPool readers, Path pattern, Duration poll) {
    return new FileSource(
        new FileSourceConfig(
            "test",
            List.of(pattern.toString()),
            From.BEGINNING,
            1 << 20,
            poll,
            Duration.ofSeconds(5),
            FileSourceConfig.DEFAULT_HELD_BYTES,
            List.of(),
            Optional.of(pattern.resolveSibling(".spool"))),
        Planner.all(LineDecoder.KIND, new LineSplitter(), LogContext.ofFiles(Map.of())),
        new Claims(),
        readers,
        InstantSource.system());
  }

  @Test
  void inotifyTellsOfAllThatHappens() throws Exception {
    Path pods = Files.createDirectory(directory.resolve("pods"));
    try (ReaderPool readers = new ReaderPool(2);
        FileSource source = source(readers, pods.resolve("*/*/*.log"), Duration.ofHours(1))) {
      source.start(outbox);

      Path first = Files.createDirectories(pods.resolve("a/c")).resolve("0.log");
      append(first, "created\n");
      outbox.awaitRecords(1);
      append(first, "appended\n");
      outbox.awaitRecords(2);
      Files.move(first, first.resolveSibling("0.log.20261123-050000"));
      append(first, "rotated\n");
      outbox.awaitRecords(3);
      Files.move(pods.resolve("a"), pods.resolve("b"));
      append(Files.createDirectories(pods.resolve("a/c")).resolve("0.log"), "in its place\n");
      outbox.awaitRecords(4);
      append(pods.resolve("b/c/0.log"), "moved\n");
      outbox.awaitRecords(5);

      assertThat(outbox.texts())
          .containsExactlyInAnyOrder(
              "created\n", "appended\n", "rotated\n", "in its place\n", "moved\n");
      assertThat(source.problems()).isEmpty();
    }
  }

  /// The kernel tells by which one it was written, a look may have taken it by the other.
  @Test
  void whatIsWrittenByEitherNameOfAFileIsRead() throws Exception {
    for (String name : List.of("a", "b")) {
      Path file = Files.createDirectory(directory.resolve(name)).resolve(name + ".log");
      append(file, "first\n");
    }
    Files.createSymbolicLink(directory.resolve("a/link.log"), directory.resolve("b/b.log"));
    Files.createSymbolicLink(directory.resolve("b/link.log"), directory.resolve("a/a.log"));
    try (ReaderPool readers = new ReaderPool(2);
        FileSource source = source(readers, directory.resolve("*/*.log"), Duration.ofHours(1))) {
      source.start(outbox);
      outbox.awaitRecords(2);
      append(directory.resolve("a/a.log"), "more\n");
      append(directory.resolve("b/b.log"), "more\n");
      outbox.awaitRecords(4);

      assertThat(outbox.texts())
          .containsExactlyInAnyOrder("first\n", "first\n", "more\n", "more\n");
    }
  }

  @Test
  void aTruncatedFileIsOneGapThoughNoDirectoryChanged() throws Exception {
    try (ReaderPool readers = new ReaderPool(2);
        FileSource source = source(readers, directory.resolve("*.log"), Duration.ofHours(1))) {
      Path log = directory.resolve("app.log");
      source.start(outbox);
      append(log, "one\n");
      outbox.awaitRecords(1);
      append(log, "two, which has no end");
      append(directory.resolve("other.log"), "seen later\n");
      outbox.awaitRecords(2);
      Files.writeString(log, "new\n");
      outbox.awaitRecords(3);
      assertThat(outbox.gaps()).hasSize(1);
      append(log, "newer\n");
      outbox.awaitRecords(4);
      assertThat(outbox.gaps()).hasSize(1);
    }
  }

  @Test
  void aFileThatGrowsWhileItIsLookedAtIsNotTruncated() throws Exception {
    int lines = 600_000;
    Path log = directory.resolve("app.log");
    try (ReaderPool readers = new ReaderPool(2);
        FileSource source = source(readers, directory.resolve("*.log"), Duration.ofHours(1))) {
      source.start(outbox);
      Thread writer =
          Thread.ofPlatform()
              .start(() -> {
                try (Writer out = Files.newBufferedWriter(log)) {
                  for (int i = 0; i < lines; i++) {
                    out.write("line " + i + "\n");
                    if (i % 3 == 0) {
                      out.flush();
                    }
                  }
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      Callable<Void> follower =
          () -> {
            try (Slab slab = new Slab()) {
              while (writer.isAlive()) {
                for (Incarnation each : source.look()) {
                  while (source.step(each, slab)) {}
                }
              }
              return null;
            }
          };
      try (ExecutorService followers = Executors.newFixedThreadPool(2)) {
        for (Future<Void> each : followers.invokeAll(List.of(follower, follower))) {
          each.get();
        }
      }
      source.drain();
      assertThat(outbox.texts()).hasSize(lines);
      assertThat(outbox.gaps()).isEmpty();
    }
  }

  @Test
  void filesThatComeAndGoBetweenTwoLooksAreCounted() throws Exception {
    int files = 2_000;
    countWhileItRuns(
        files,
        (log, i) -> {
          // Files that are alike could be copies of each other.
          append(log, "line " + i + "\n");
          keepInode(log, i);
          if (i < files - 1) {
            Files.move(log, log.resolveSibling("app.log.1"), StandardCopyOption.REPLACE_EXISTING);
            return;
          }
          // One that stays empty, and a link, take nothing with them.
          Files.delete(Files.createFile(directory.resolve("empty.log")));
          Files.delete(
              Files.createSymbolicLink(
                  directory.resolve("link.log"), directory.resolve("nowhere")));
        });
    assertThat(outbox.gaps())
        .isNotEmpty()
        .allSatisfy(gap -> assertThat(gap.detail()).contains("app.log"));
  }

  /// As conmon rotates.
  @Test
  void filesThatReplaceEachOtherBetweenTwoLooksAreCounted() throws Exception {
    countWhileItRuns(
        1_000,
        (log, i) -> {
          Path made = Files.createFile(directory.resolve("app.log.tmp"));
          keepInode(made, i);
          Files.move(made, log, StandardCopyOption.REPLACE_EXISTING);
          append(log, "line " + i + "\n");
        });
  }

  /// Makes one file after the other, which is its turn to be `app.log`.
  private interface Making {
    void make(Path log, int number) throws IOException;
  }

  private void countWhileItRuns(int files, Making making) throws Exception {
    Files.createDirectory(directory.resolve("kept"));
    try (ReaderPool readers = new ReaderPool(2);
        FileSource source = source(readers, directory.resolve("*.log"), Duration.ofHours(1))) {
      source.start(outbox);
      for (int i = 0; i < files; i++) {
        making.make(directory.resolve("app.log"), i);
      }
      source.drain();

      assertThat(outbox.texts().size() + outbox.gaps().stream().mapToInt(this::files).sum())
          .isEqualTo(files);
    }
  }

  /// Else the next file but one gets it, in the same tick of the kernel's clock: nothing would tell
  /// them apart.
  private void keepInode(Path file, int number) throws IOException {
    Files.createLink(directory.resolve("kept").resolve("" + number), file);
  }

  private int files(Gap gap) {
    Matcher several = Pattern.compile(": (\\d+) files were").matcher(gap.detail());
    return several.find() ? Integer.parseInt(several.group(1)) : 1;
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
