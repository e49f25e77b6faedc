package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.config.DataSize;
import dev.purser.core.disk.HostRoot;
import dev.purser.core.disk.LocalDisk;
import dev.purser.core.record.Gap;
import dev.purser.core.record.Stream;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the hub does not have of deleted files outlives the agent.
class SpoolTest {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration IDLE = Duration.ofSeconds(6);

  @TempDir Path directory;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox().holdBack();

  @Test
  void whatWasDeletedWhileTheHubWasAwayIsDeliveredByTheNextAgent() throws Exception {
    Path log = write("a.log", "one\ntwo\n");
    try (SteppedSource source = source()) {
      source.run();
      outbox.flush();
      append(log, "three\n");
      source.run();
      deleteAndAwaitSpooled(source, log);
      awaitIdle(source);
      append(write("b.log", ""), "other\n");
      source.kill();
    }
    outbox.crash();
    assertThat(spooled()).hasSize(1);

    settle();

    assertThat(outbox.texts()).containsExactlyInAnyOrder("one\n", "two\n", "three\n", "other\n");
    assertThat(outbox.gaps()).isEmpty();
    assertThat(spooled()).isEmpty();
  }

  @Test
  void aFileOfWhichTheHubHasNothingIsDeliveredToo() throws Exception {
    leaveSpooled("one\ntwo\n");

    settle();

    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  /// Once nobody writes to it any more, the copy is read, and the deleted file takes no disk.
  @Test
  void theDeletedFileIsLetGoOnceItsCopyIsRead() throws Exception {
    Path log = write("a.log", "one\ntwo\n");
    try (SteppedSource source = source()) {
      List<Incarnation> seen = source.look();
      deleteAndAwaitSpooled(source, log);
      awaitIdle(source);
      source.look();
      assertThat(seen).singleElement().satisfies(each -> assertThat(each.isSpooled()).isTrue());
      settle(source);
      assertThat(spooled()).isEmpty();
    }
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
  }

  /// A volume that is mounted once more, a file that was away under another name.
  @Test
  void aFileThatIsBackIsReadItself() throws Exception {
    Path log = write("a.log", "one\n");
    try (SteppedSource source = source()) {
      source.look();
      Path away = Files.move(log, directory.resolve("away"));
      awaitSpooled(source);
      awaitIdle(source);
      source.look();
      Files.move(away, log);
      append(log, "two\n");
      settle(source);
    }
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps()).isEmpty();
    assertThat(spooled()).isEmpty();
  }

  @Test
  void aFileThatIsBackAtTheStartIsReadItself() throws Exception {
    Path log = write("a.log", "one\n");
    try (SteppedSource source = source()) {
      source.look();
      Path away = Files.move(log, directory.resolve("away"));
      awaitSpooled(source);
      source.kill();
      Files.move(away, log);
    }
    outbox.crash();
    append(log, "two\n");

    settle();

    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps()).isEmpty();
    assertThat(spooled()).isEmpty();
  }

  @Test
  void whatWasWrittenToADeletedFileIsKeptOnceItsWriterIsQuiet() throws Exception {
    Path log = write("a.log", "one\n");
    try (SteppedSource source = source();
        FileChannel writer = FileChannel.open(log, StandardOpenOption.APPEND)) {
      deleteAndAwaitSpooled(source, log);
      append(writer, "two\n");
      source.look();
      awaitIdle(source);
      source.look();
      source.kill();
    }
    outbox.crash();

    settle();

    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
  }

  /// The copy was made while somebody wrote to the file: what came after it is lost with the agent.
  @Test
  void whatWasWrittenAfterTheCopyIsAGap() throws Exception {
    Path log = write("a.log", "one\n");
    try (SteppedSource source = source();
        FileChannel writer = FileChannel.open(log, StandardOpenOption.APPEND)) {
      deleteAndAwaitSpooled(source, log);
      append(writer, "two\n");
      source.look();
      source.kill();
    }
    outbox.crash();

    settle();

    assertThat(outbox.texts()).containsExactly("one\n");
    assertThat(outbox.gaps())
        .singleElement()
        .satisfies(gap -> {
          assertThat(gap.reason()).isEqualTo(Gap.Reason.DELETED_UNREAD);
          assertThat(gap.from().offset()).isEqualTo(4);
          assertThat(gap.detail()).contains("a.log", "written to it after");
        });
    assertThat(spooled()).isEmpty();
  }

  /// What the hub takes is not copied, however long somebody writes to a deleted file.
  @Test
  void whatTheHubTakesIsNotCopied() throws Exception {
    Path log = write("a.log", "one\n");
    try (SteppedSource source = source();
        FileChannel writer = FileChannel.open(log, StandardOpenOption.APPEND)) {
      source.run();
      Files.delete(log);
      for (int i = 0; i < 10; i++) {
        append(writer, "more\n");
        source.run();
        outbox.flush();
        clock.pass(Duration.ofMillis(700));
        assertThat(spooled()).isEmpty();
      }
    }
  }

  /// A hub that was away for a while: it has more of the file than the copy, which is of no use.
  @Test
  void aCopyThatTheHubHasPassedGoes() throws Exception {
    Path log = write("a.log", "one\n");
    try (SteppedSource source = source();
        FileChannel writer = FileChannel.open(log, StandardOpenOption.APPEND)) {
      source.run();
      deleteAndAwaitSpooled(source, log);
      assertThat(spooled()).hasSize(1);
      append(writer, "two\n");
      source.run();
      outbox.flush();
      source.look();
      assertThat(spooled()).isEmpty();
    }
  }

  @Test
  void aCopyThatTheHubHasPassedIsNotDeliveredByTheNextAgent() throws Exception {
    Path log = write("a.log", "one\n");
    byte[] copy;
    Path file;
    try (SteppedSource source = source();
        FileChannel writer = FileChannel.open(log, StandardOpenOption.APPEND)) {
      source.run();
      deleteAndAwaitSpooled(source, log);
      file = spooled().getFirst();
      copy = Files.readAllBytes(file);
      append(writer, "two\n");
      source.run();
      outbox.flush();
      source.kill();
    }
    outbox.crash();
    Files.write(file, copy);

    settle();

    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps())
        .singleElement()
        .satisfies(gap -> assertThat(gap.reason()).isEqualTo(Gap.Reason.DELETED_UNREAD));
    assertThat(spooled()).isEmpty();
  }

  /// A hub that is restored from a backup asks for more than was kept.
  @Test
  void whatTheHubForgotAndNobodyKeptIsAGapInFrontOfTheRest() throws Exception {
    String old = "a line of the past, in front of the last bytes that are kept\n".repeat(4);
    Path log = write("a.log", old);
    try (SteppedSource source = source()) {
      source.run();
      outbox.flush();
      append(log, "new\n");
      source.run();
      deleteAndAwaitSpooled(source, log);
      awaitIdle(source);
      source.kill();
    }
    outbox.crash();
    outbox.forget();

    settle();

    assertThat(outbox.gaps())
        .singleElement()
        .satisfies(gap -> {
          assertThat(gap.from().offset()).isZero();
          assertThat(gap.to().offset()).isEqualTo(old.length() - 64);
        });
    assertThat(outbox.texts()).endsWith("new\n");
    assertThat(spooled()).isEmpty();
  }

  /// The copy counts as well as the file; without room for both, it is the file that stays.
  @Test
  void aFileThatLeavesNoRoomForItsCopyIsHeldOpen() throws Exception {
    try (SteppedSource source = source(new DataSize(30))) {
      Path log = write("a.log", "more than ten bytes\n");
      deleteAndAwaitSpooled(source, log);
      assertThat(spooled()).isEmpty();
      settle(source);
    }
    assertThat(outbox.texts()).containsExactly("more than ten bytes\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void copiesGoBeforeFilesAreGivenUp() throws Exception {
    try (SteppedSource source = source(new DataSize(50))) {
      Path first = write("a.log", "more than ten bytes\n");
      Path second = write("b.log", "more than ten bytes, too\n");
      deleteAndAwaitSpooled(source, first);
      assertThat(spooled()).hasSize(1);
      deleteAndAwaitSpooled(source, second);
      assertThat(spooled()).isEmpty();
      settle(source);
    }
    assertThat(outbox.texts()).hasSize(2);
    assertThat(outbox.gaps()).isEmpty();
  }

  /// A file is deleted, and the agent ends in good order before its time to be copied has come.
  @Test
  void whatIsDeletedAtTheEndIsKept() throws Exception {
    Path log = write("a.log", "one\n");
    try (SteppedSource source = source()) {
      source.look();
      Files.delete(log);
      source.look();
    }
    outbox.crash();

    settle();

    assertThat(outbox.texts()).containsExactly("one\n");
  }

  @Test
  void theHubHasItAlready() throws Exception {
    Path log = write("a.log", "one\n");
    byte[] copy;
    Path file;
    try (SteppedSource source = source()) {
      source.run();
      deleteAndAwaitSpooled(source, log);
      file = spooled().getFirst();
      copy = Files.readAllBytes(file);
      settle(source);
    }
    Files.write(file, copy);

    settle();

    assertThat(outbox.texts()).containsExactly("one\n");
    assertThat(outbox.gaps()).isEmpty();
    assertThat(spooled()).isEmpty();
  }

  @Test
  void whatIsGivenUpStaysAGapWhenTheAgentEndsBeforeTheHubHearsOfIt() throws Exception {
    SteppedSource small = source(new DataSize(10));
    try (small) {
      Path log = write("a.log", "more than ten bytes\n");
      deleteAndAwaitSpooled(small, log);
      small.look();
      clock.pass(Duration.ofSeconds(2));
      small.look();
      small.kill();
    }
    outbox.crash();
    assertThat(spooled())
        .singleElement()
        .satisfies(file ->
            assertThat(file).content(StandardCharsets.ISO_8859_1).doesNotContain("more than ten"));

    settle();

    assertThat(outbox.texts()).isEmpty();
    assertThat(outbox.gaps())
        .singleElement()
        .satisfies(gap -> {
          assertThat(gap.reason()).isEqualTo(Gap.Reason.DELETED_UNREAD);
          assertThat(gap.from().offset()).isZero();
          assertThat(gap.to().offset()).isEqualTo(20);
          assertThat(gap.detail()).contains("a.log", "given up");
        });
    assertThat(spooled()).isEmpty();
  }

  /// What its streams said of a container that nobody knows any more.
  @Test
  void whatWasKnownOfTheFileIsSaidAgain() throws Exception {
    leaveSpooled("one\n");

    try (SteppedSource source = source("n2")) {
      settle(source);
    }
    String id = outbox.fileStreams().getFirst();
    assertThat(outbox.stream(id).context()).containsEntry(Stream.NODE, "n1");
  }

  @Test
  void aDamagedCopyIsPutAsideAndTold() throws Exception {
    leaveSpooled("one\n");
    Path file = spooled().getFirst();
    byte[] bytes = Files.readAllBytes(file);
    bytes[20] ^= 1;
    Files.write(file, bytes);

    try (SteppedSource source = source()) {
      settle(source);
      assertThat(source.source().problems())
          .singleElement()
          .asString()
          .contains(file.getFileName() + ".damaged", "CRC");
    }
    assertThat(outbox.texts()).isEmpty();
    assertThat(outbox.gaps())
        .singleElement()
        .satisfies(gap -> assertThat(gap.detail()).contains(".damaged"));
  }

  @Test
  void aDamagedCopyIsToldAtEachStart() throws Exception {
    Files.createDirectories(directory.resolve(".spool"));
    Files.writeString(directory.resolve(".spool/1-2-3.spool"), "this is no copy");

    for (int i = 0; i < 2; i++) {
      try (SteppedSource source = source()) {
        settle(source);
        assertThat(source.source().problems())
            .singleElement()
            .asString()
            .contains("1-2-3.spool.damaged", "is damaged");
      }
    }
    assertThat(outbox.gaps()).hasSize(1);
  }

  /// Of a later version, after a rollback: the version after that may read it.
  @Test
  void aCopyOfAnotherVersionIsLeftAsItIs() throws Exception {
    leaveSpooled("one\n");
    Path file = spooled().getFirst();
    byte[] bytes = Files.readAllBytes(file);
    bytes[7]++;
    Files.write(file, bytes);

    try (SteppedSource source = source()) {
      settle(source);
      assertThat(source.source().problems())
          .singleElement()
          .asString()
          .contains(file.getFileName().toString(), "version 2");
    }
    assertThat(file).hasBinaryContent(bytes);
  }

  /// Its number is another file's by now, as where files have no time of birth.
  @Test
  void aCopyIsReadThoughAnotherFileHasItsNumber() throws Exception {
    Path log = write("a.log", "one\n");
    FileId id = new FileStats(HostRoot.SAME).read(log).id();
    Path original = write("gone", "other\n");
    SpoolHeader header =
        new SpoolHeader(
            new FileId(id.dev(), id.ino(), 0),
            log,
            "file/another-agent/1-2-3/0-0",
            6,
            0,
            0,
            0,
            "other\n".getBytes(StandardCharsets.US_ASCII),
            java.util.Optional.empty());
    try (FileChannel channel = FileChannel.open(original)) {
      SpoolCopy copy =
          new SpoolCopy(
              new LocalDisk(),
              directory.resolve(".spool/x"),
              new Spool.Remains(header, channel),
              true);
      assertThat(copy.settle()).isEmpty();
    }

    settle();

    assertThat(outbox.texts()).containsExactlyInAnyOrder("one\n", "other\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void nobodyElseMayEnterTheSpool() throws Exception {
    leaveSpooled("one\n");
    assertThat(Files.getPosixFilePermissions(directory.resolve(".spool")))
        .isEqualTo(java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
  }

  /// A file is deleted while the hub is away, and its agent killed.
  private void leaveSpooled(String text) throws Exception {
    Path log = write("a.log", text);
    try (SteppedSource source = source()) {
      source.run();
      deleteAndAwaitSpooled(source, log);
      awaitIdle(source);
      source.kill();
    }
    outbox.crash();
  }

  /// A file goes that was seen, and the hub does not take it for so long that it is copied.
  private void deleteAndAwaitSpooled(SteppedSource source, Path file) throws IOException {
    source.look();
    Files.delete(file);
    awaitSpooled(source);
  }

  private void awaitSpooled(SteppedSource source) {
    source.look();
    clock.pass(PATIENCE);
    source.look();
  }

  /// Nobody is thought to write any more to what is deleted.
  private void awaitIdle(SteppedSource source) {
    clock.pass(IDLE);
    source.look();
  }

  private void settle() throws Exception {
    try (SteppedSource source = source()) {
      settle(source);
    }
  }

  private void settle(SteppedSource source) throws Exception {
    for (int i = 0; i < 6; i++) {
      source.run();
      outbox.flush();
      clock.pass(Duration.ofSeconds(3));
    }
  }

  private SteppedSource source() {
    return source(FileSourceConfig.DEFAULT_HELD_BYTES);
  }

  private SteppedSource source(DataSize heldBytes) {
    return new SteppedSource(
        SteppedSource.config(From.BEGINNING, 1 << 20, heldBytes, directory.resolve("*.log")),
        outbox,
        clock);
  }

  private SteppedSource source(String node) {
    return new SteppedSource(
        readers ->
            new FileSource(
                SteppedSource.config(From.BEGINNING, 1 << 20, directory.resolve("*.log")),
                Planner.all(
                    LineDecoder.KIND,
                    new LineSplitter(),
                    LogContext.ofFiles(java.util.Map.of(Stream.NODE, node))),
                new Claims(),
                readers,
                clock::now),
        outbox);
  }

  private List<Path> spooled() throws IOException {
    Path spool = directory.resolve(".spool");
    if (!Files.exists(spool)) {
      return List.of();
    }
    try (java.util.stream.Stream<Path> files = Files.list(spool)) {
      return files.toList();
    }
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.APPEND);
  }

  private static void append(FileChannel writer, String text) throws IOException {
    writer.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
  }
}
