package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.record.Gap;
import dev.purser.core.record.Position;
import dev.purser.core.record.StreamState;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSourceTest {
  @TempDir Path directory;
  private Path log;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();

  @BeforeEach
  void nameFile() {
    log = directory.resolve("app.log");
  }

  @Test
  void readsLinesAndWaitsForTheEndOfTheLast() throws Exception {
    append(log, "one\ntwo\nthr");
    try (SteppedSource source = source().run()) {
      assertThat(outbox.texts()).containsExactly("one\n", "two\n");
      clock.pass(Duration.ofHours(1));
      source.run();
      assertThat(outbox.texts()).hasSize(2);
      append(log, "ee\n");
      source.run();
      assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
    }
  }

  @Test
  void goesOnAfterARestartFromWhatTheHubHolds() throws Exception {
    append(log, "one\ntw");
    source().run().close();
    restart();
    append(log, "o\nthree\n");
    source().run().close();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
    assertThat(outbox.fileStreams()).hasSize(1);
  }

  @Test
  void readsAgainWhatTheHubLostOfAFileThatDoesNotGrow() throws Exception {
    append(log, "one\n");
    try (SteppedSource source = source().run()) {
      String stream = outbox.fileStreams().getFirst();
      StreamState one = outbox.state(stream);
      append(log, "two\n");
      source.run();
      outbox.lose(stream, one);
      source.run();
      assertThat(outbox.texts()).containsExactly("one\n", "two\n");
      outbox.lose(stream, StreamState.NEW);
      source.run();
      assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    }
  }

  @Test
  void readsAgainWhatTheHubLostOfAFileThatItReadBeforeItsStart() throws Exception {
    append(log, "one\n");
    source().run().close();
    restart();
    try (SteppedSource source = source().run()) {
      outbox.lose(outbox.fileStreams().getFirst(), StreamState.NEW);
      source.run();
    }
    assertThat(outbox.texts()).containsExactly("one\n");
    assertThat(outbox.fileStreams()).hasSize(1);
  }

  @Test
  void readsAgainWhatTheHubLostOfARotatedFileThatRests() throws Exception {
    append(log, "one\n");
    try (SteppedSource source = source().run()) {
      String stream = outbox.fileStreams().getFirst();
      StreamState one = outbox.state(stream);
      append(log, "two\n");
      rest(source);
      for (StreamState held : List.of(one, StreamState.NEW)) {
        outbox.lose(stream, held);
        source.run();
        assertThat(outbox.texts()).containsExactly("one\n", "two\n");
        assertThat(FilePosition.isFinished(outbox.state(stream).position())).isTrue();
      }
    }
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void whatTheHubLostOfAFileThatIsGoneSinceIsAGap() throws Exception {
    append(log, "one\n");
    try (SteppedSource source = source().run()) {
      String stream = outbox.fileStreams().getFirst();
      StreamState one = outbox.state(stream);
      append(log, "two\n");
      rest(source);
      outbox.lose(stream, one);
      Files.delete(directory.resolve("app.log.1"));
      pass(source);
      pass(source);
      assertThat(outbox.texts()).containsExactly("one\n");
      assertThat(outbox.gaps()).hasSize(1);
      assertThat(outbox.gaps().getFirst().from()).isEqualTo(Position.ofOffset(4));
      assertThat(outbox.gaps().getFirst().to()).isEqualTo(Position.ofOffset(8));
      assertThat(outbox.state(stream).ended()).isTrue();
    }
  }

  @Test
  void theEndOfAGoneFileThatTheHubLostTogetherWithItsLastRecordsIsAGap() throws Exception {
    append(log, "one\n");
    outbox.holdBack();
    try (SteppedSource source = source().run()) {
      outbox.deliver(1);
      String stream = outbox.fileStreams().getFirst();
      StreamState one = outbox.state(stream);
      append(log, "two\n");
      rename(log, "app.log.1");
      for (int i = 0; i < 2; i++) {
        pass(source);
        outbox.flush();
      }
      source.run();
      Files.delete(directory.resolve("app.log.1"));
      pass(source);
      pass(source);
      assertThat(outbox.state(stream).ended()).isFalse();
      outbox.lose(stream, one);
      for (int i = 0; i < 2; i++) {
        source.run();
        outbox.flush();
      }
      assertThat(outbox.gaps()).hasSize(1);
      assertThat(outbox.state(stream).ended()).isTrue();
    }
  }

  private void rest(SteppedSource source) throws Exception {
    rename(log, "app.log.1");
    for (int i = 0; i < 3; i++) {
      pass(source);
    }
  }

  private void pass(SteppedSource source) throws Exception {
    clock.pass(Duration.ofSeconds(6));
    source.run();
  }

  @Test
  void oneListingWithoutAFileDoesNotLoseItHoweverOftenItIsLookedAt() throws Exception {
    append(log, "one\n");
    source().run().close();
    restart();
    append(log, "two\n");
    rename(log, "being renamed");
    try (SteppedSource source = source()) {
      source.look();
      rename(directory.resolve("being renamed"), "app.log");
      for (int i = 0; i < 3; i++) {
        source.run(Changes.none());
      }
      source.run();
    }
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void readsARenamedFileToItsEndBeforeItLetsGo() throws Exception {
    append(log, "one\n");
    try (SteppedSource source = source().run()) {
      append(log, "two\nlast");
      rename(log, "app.log.1");
      append(log, "new\n");
      source.run();
      assertThat(outbox.texts()).containsExactly("one\n", "two\n", "new\n");
      clock.pass(Duration.ofSeconds(6));
      source.run();
      assertThat(outbox.texts()).containsExactly("one\n", "two\n", "last", "new\n");
      assertThat(outbox.state(outbox.fileStreams().getFirst()).position().token())
          .matches("12 4-[0-9a-f]+ finished");
      Files.delete(directory.resolve("app.log.1"));
      source.run();
      clock.pass(Duration.ofSeconds(6));
      source.run();
      assertThat(outbox.state(outbox.fileStreams().getFirst()).ended()).isTrue();
      assertThat(outbox.state(outbox.fileStreams().getLast()).ended()).isFalse();
    }
  }

  @Test
  void findsFilesRotatedWhileItWasAwayOldestFirst() throws Exception {
    append(log, "a1\n");
    source().run().close();
    restart();
    append(log, "a2\n");
    rename(log, "app.log.2");
    append(directory.resolve("app.log.1"), "b\n");
    append(log, "c\n");
    source().run().close();
    assertThat(outbox.texts()).containsExactly("a1\n", "a2\n", "b\n", "c\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void readsADeletedFileToItsEndWithoutAGap() throws Exception {
    append(log, "one\n");
    try (SteppedSource source = source().run()) {
      append(log, "two\nlast");
      Files.delete(log);
      source.run();
      clock.pass(Duration.ofSeconds(6));
      source.run();
      clock.pass(Duration.ofSeconds(6));
      source.run();
    }
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "last");
    assertThat(outbox.gaps()).isEmpty();
    restart();
    source().run().close();
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void aFileDeletedWhileItWasAwayIsOneGap() throws Exception {
    append(log, "one\n");
    source().run().close();
    restart();
    Files.delete(log);
    source().run().close();
    restart();
    source().run().close();
    assertThat(outbox.gaps())
        .singleElement()
        .satisfies(gap -> {
          assertThat(gap.reason()).isEqualTo(Gap.Reason.DELETED_UNREAD);
          assertThat(gap.from()).isEqualTo(Position.ofOffset(4));
        });
  }

  @Test
  void truncationWithoutACopyIsOneGapAndTheNewContentIsRead() throws Exception {
    append(log, "one\ntwo\n");
    try (SteppedSource source = source().run()) {
      Files.writeString(log, "three\n");
      source.run();
    }
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
    assertThat(outbox.gaps())
        .singleElement()
        .satisfies(gap -> {
          assertThat(gap.reason()).isEqualTo(Gap.Reason.TRUNCATED);
          assertThat(gap.from()).isEqualTo(Position.ofOffset(8));
        });
  }

  /// The same first line, and a line end before the position: only the bytes before it tell.
  @Test
  void seesAfterARestartThatAFileWasRewrittenWithTheSameFirstLine() throws Exception {
    append(log, "header\nold1\nold2\n");
    source().run().close();
    restart();
    Files.writeString(log, "header\nnew1\nnew2\nnew3\n");
    source().run().close();
    assertThat(outbox.texts())
        .containsExactly("header\n", "old1\n", "old2\n", "header\n", "new1\n", "new2\n", "new3\n");
    assertThat(outbox.gaps())
        .singleElement()
        .satisfies(gap -> assertThat(gap.reason()).isEqualTo(Gap.Reason.TRUNCATED));
  }

  @Test
  void seesWhileItRunsThatAFileWasRewrittenWithTheSameFirstKilobyte() throws Exception {
    String header = "h".repeat(2000) + "\n";
    append(log, header + "old1\n");
    try (SteppedSource source = source().run()) {
      Files.writeString(log, header + "new1\nnew2\n");
      source.run();
    }
    assertThat(outbox.texts()).containsExactly(header, "old1\n", header, "new1\n", "new2\n");
    assertThat(outbox.gaps()).hasSize(1);
  }

  @Test
  void finishesATruncatedFileFromItsCopyAndNeverReadsTheCopy() throws Exception {
    append(log, "one\ntwo\n");
    try (SteppedSource source = source().run()) {
      append(log, "three\n");
      Files.copy(log, directory.resolve("app.log.1"));
      Files.writeString(log, "four\n");
      source.run();
    }
    restart();
    clock.pass(Duration.ofMinutes(1));
    source().run().close();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n", "four\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void finishesATruncatedFileFromItsCopyAfterARestart() throws Exception {
    append(log, "one\ntwo\n");
    source().run().close();
    restart();
    append(log, "three\n");
    Files.copy(log, directory.resolve("app.log.1"));
    Files.writeString(log, "a longer line than all that stood here\n");
    source().run().close();
    assertThat(outbox.texts())
        .containsExactly("one\n", "two\n", "three\n", "a longer line than all that stood here\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void holdsACopyInTheMakingUntilTheOriginalIsTruncated() throws Exception {
    append(log, "one\ntwo\nthree\n");
    try (SteppedSource source = source().run()) {
      append(directory.resolve("app.log.1"), "one\nt");
      source.run();
      append(directory.resolve("app.log.1"), "wo\nthree\n");
      source.run();
      Files.writeString(log, "");
      source.run();
      append(log, "four\n");
      source.run();
    }
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n", "four\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void cutsLongLinesAndKeepsAllOfThem() throws Exception {
    append(log, "x".repeat(45) + "\nshort\n" + "y".repeat(20));
    SteppedSource source =
        new SteppedSource(SteppedSource.config(From.BEGINNING, 20, log), outbox, clock);
    source.run().close();
    assertThat(outbox.texts())
        .containsExactly("x".repeat(20), "x".repeat(20), "x".repeat(5) + "\n", "short\n");
  }

  @Test
  void fromTheEndSkipsWhatWasThereAtTheFirstStartOnly() throws Exception {
    append(log, "old\nunfin");
    try (SteppedSource source = fromEnd().run()) {
      append(log, "ished\n");
      source.run();
    }
    restart();
    Path later = directory.resolve("later.log");
    append(later, "new file\n");
    try (SteppedSource source =
        new SteppedSource(SteppedSource.config(From.END, 1 << 20, log, later), outbox, clock)) {
      source.run();
    }
    assertThat(outbox.texts()).containsExactly("unfinished\n", "new file\n");
  }

  @Test
  void readsOnBehindTheSizesThatAnIntHolds() throws Exception {
    append(log, "old\n");
    try (RandomAccessFile sparse = new RandomAccessFile(log.toFile(), "rw")) {
      sparse.seek(3L << 30);
      sparse.write('\n');
    }
    try (SteppedSource source = fromEnd().run()) {
      append(log, "new\n");
      source.run();
      assertThat(source.source().problems()).isEmpty();
    }
    assertThat(outbox.texts()).containsExactly("new\n");
  }

  @Test
  void aFinishedFileThatGrowsGoesOnInItsStream() throws Exception {
    append(log, "one\n");
    Path rotated;
    try (SteppedSource source = source().run()) {
      rotated = rename(log, "app.log.1");
      source.run();
      clock.pass(Duration.ofSeconds(6));
      source.run();
      append(rotated, "two\n");
      source.run();
      clock.pass(Duration.ofSeconds(6));
      source.run();
    }
    restart();
    append(rotated, "three\n");
    source().run().close();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
    assertThat(outbox.fileStreams()).hasSize(1);
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void aFinishedFileMayBeDeletedWhileItIsAway() throws Exception {
    append(log, "one\n");
    Path rotated;
    try (SteppedSource source = source().run()) {
      rotated = rename(log, "app.log.1");
      source.run();
      clock.pass(Duration.ofSeconds(6));
      source.run();
    }
    restart();
    Files.delete(rotated);
    source().run().close();
    assertThat(outbox.gaps()).isEmpty();
    assertThat(outbox.state(outbox.fileStreams().getFirst()).ended()).isTrue();
  }

  @Test
  void drainSendsAllAndSaysWhatWaits() throws Exception {
    append(log, "one\ntwo");
    try (SteppedSource source = source()) {
      List<String> notes = source.source().drain();
      assertThat(notes).singleElement().asString().contains(log.toString(), "3 bytes");
    }
    assertThat(outbox.texts()).containsExactly("one\n");
  }

  @Test
  void aFileThatTwoSourcesMatchBelongsToTheFirst() throws Exception {
    append(log, "one\n");
    Claims claims = new Claims();
    FileSourceConfig config = SteppedSource.config(From.BEGINNING, 1 << 20, log);
    try (SteppedSource first =
            new SteppedSource(
                config, "audit", new LineSplitter(), claims, outbox, clock, new Slab());
        SteppedSource second =
            new SteppedSource(
                config, "line", new LineSplitter(), claims, outbox, clock, new Slab())) {
      second.run();
      assertThat(outbox.texts()).isEmpty();
      first.run();
      second.run();
    }
    assertThat(outbox.texts()).containsExactly("one\n");
    assertThat(outbox.stream(outbox.fileStreams().getFirst()).kind()).isEqualTo("audit");
  }

  /// By the real clock, to which the birth of a copy is compared.
  @Test
  void aCopyOfWhatWasTruncatedAndThenRenamedIsNotReadTwice() throws Exception {
    Files.writeString(log, "one\n");
    FileSourceConfig config =
        SteppedSource.config(From.BEGINNING, 1 << 20, directory.resolve("*.log"));
    try (SteppedSource source =
        new SteppedSource(
            readers ->
                new FileSource(
                    config, SteppedSource.LINES, new Claims(), readers, InstantSource.system()),
            outbox)) {
      source.run();
      Files.writeString(log, "two\n", StandardOpenOption.APPEND);
      Files.copy(log, directory.resolve("app.log.1"));
      Files.writeString(log, "three\n", StandardOpenOption.TRUNCATE_EXISTING);
      rename(directory.resolve("app.log.1"), "app.log.2");
      rename(log, "app.log.1");
      Files.writeString(log, "four\n");
      source.run();
      source.run();
    }
    assertThat(outbox.texts()).containsExactlyInAnyOrder("one\n", "two\n", "three\n", "four\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void whatTheKernelCouldNotTellIsAGapButNotOneEachTime() throws Exception {
    append(log, "one\n");
    try (SteppedSource source = source().run()) {
      Changes overflown = Changes.none().andOthers(false, true);
      source.run(overflown);
      source.run(overflown);
      source.run(overflown);
      assertThat(outbox.gaps())
          .singleElement()
          .satisfies(gap -> assertThat(gap.detail()).contains("overflowed once; raise"));

      clock.pass(Duration.ofMinutes(1));
      source.run();
      source.run();

      assertThat(outbox.gaps())
          .extracting(Gap::detail)
          .satisfiesExactly(
              each -> assertThat(each).contains("once"),
              each -> assertThat(each).contains("overflowed 2 times; raise"));
    }
    assertThat(outbox.texts()).containsExactly("one\n");
  }

  @Test
  void otherwiseCompressedFilesAreNamedAndLeftOut() throws Exception {
    append(log, "one\n");
    append(directory.resolve("app.log.2.xz"), "not really\n");
    try (SteppedSource source = source().run()) {
      assertThat(source.source().problems()).singleElement().asString().contains("app.log.2.xz");
    }
    assertThat(outbox.texts()).containsExactly("one\n");
  }

  /// To open it could wait for ever, or read what is for another; a link may get its file any time.
  @Test
  void whatMatchesAndIsNoFileIsNamed() throws Exception {
    Path fifo = directory.resolve("fifo.log");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    Path socket = directory.resolve("socket.log");
    Path device = Files.createSymbolicLink(directory.resolve("null.log"), Path.of("/dev/null"));
    Path target = directory.resolve("target");
    Path dangling = Files.createSymbolicLink(directory.resolve("link.log"), target);
    Files.createDirectory(directory.resolve("directory.log"));
    Files.createSymbolicLink(directory.resolve("way.log"), directory.resolve("directory.log"));
    append(log, "one\n");
    try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listening.bind(UnixDomainSocketAddress.of(socket));
      SteppedSource source =
          new SteppedSource(
              SteppedSource.config(From.BEGINNING, 1 << 20, directory.resolve("*.log")),
              outbox,
              clock);
      try (SteppedSource _ = source.run()) {
        assertThat(source.source().problems())
            .satisfiesExactlyInAnyOrder(
                each -> assertThat(each).startsWith(fifo + ": not read: a FIFO;"),
                each -> assertThat(each).startsWith(socket + ": not read: a socket;"),
                each -> assertThat(each).startsWith(device + ": not read: a device;"),
                each ->
                    assertThat(each).startsWith(dangling + ": not read: a link to \"" + target));
        append(target, "two\n");
        Files.delete(fifo);
        source.run();
        assertThat(source.source().problems())
            .satisfiesExactlyInAnyOrder(
                each -> assertThat(each).startsWith(socket.toString()),
                each -> assertThat(each).startsWith(device.toString()));
      }
    }
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
  }

  @Test
  void whereALinkLeadsIsShownShortAndInOneLine() throws Exception {
    Path link = directory.resolve("link.log");
    Files.createSymbolicLink(link, Path.of("/no\n" + "where/".repeat(500)));
    SteppedSource source =
        new SteppedSource(
            SteppedSource.config(From.BEGINNING, 1 << 20, directory.resolve("*.log")),
            outbox,
            clock);
    try (SteppedSource _ = source.run()) {
      assertThat(source.source().problems())
          .singleElement()
          .satisfies(problem ->
              assertThat(problem)
                  .startsWith(link + ": not read: a link to \"/no?where/where/")
                  .hasSizeLessThan(1000)
                  .endsWith("exclude"));
    }
  }

  private SteppedSource source() {
    return new SteppedSource(SteppedSource.config(From.BEGINNING, 1 << 20, log), outbox, clock);
  }

  private SteppedSource fromEnd() {
    return new SteppedSource(SteppedSource.config(From.END, 1 << 20, log), outbox, clock);
  }

  private void restart() {
    outbox.crash();
  }

  private Path rename(Path file, String name) throws IOException {
    return Files.move(file, file.resolveSibling(name), StandardCopyOption.REPLACE_EXISTING);
  }

  private void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    Files.setLastModifiedTime(file, FileTime.from(clock.now()));
  }
}
