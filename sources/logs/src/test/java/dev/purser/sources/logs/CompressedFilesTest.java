package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.record.Gap;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a [FileSource] makes of rotations that are compressed.
class CompressedFilesTest {
  private static final Duration IDLE = Duration.ofSeconds(6);
  private static final Duration PATIENCE = Duration.ofSeconds(61);

  @TempDir Path directory;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();
  private Path log;
  private SteppedSource source;

  @BeforeEach
  void start() {
    log = directory.resolve("app.log");
    source = newSource(From.BEGINNING);
  }

  @AfterEach
  void stop() {
    source.close();
  }

  @Test
  void aCompressedFileThatWasNeverSeenIsReadOnce() throws Exception {
    Files.write(directory.resolve("app.log.2.gz"), gzip("old 1\nold 2\n"));
    Files.write(directory.resolve("app.log.1.gz"), gzip("new 1\n"));
    write(log, "now\n");
    settle();
    assertThat(outbox.texts()).containsExactlyInAnyOrder("old 1\n", "old 2\n", "new 1\n", "now\n");
    restart();
    settle();
    assertThat(outbox.texts()).hasSize(4);
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void aFileThatWasReadIsNotReadAgainWhenItIsCompressed() throws Exception {
    write(log, "one\ntwo\n");
    source.run();
    compress(rename(log, "app.log.1"));
    write(log, "three\n");
    settle();
    restart();
    settle();
    move("app.log.1.gz", "app.log.2.gz");
    settle();
    restart();
    settle();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void whatWasNotReadBeforeTheCompressionIsReadFromTheOriginalWhileItIsOpen() throws Exception {
    write(log, "one\n");
    source.run();
    write(log, "two\n");
    compress(rename(log, "app.log.1"));
    settle();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.fileStreams()).hasSize(1);
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void aStreamGoesOnInTheCompressedFileAfterARestart() throws Exception {
    write(log, "one\n");
    source.run();
    source.close();
    write(log, "two\nthree\n");
    compress(rename(log, "app.log.1"));
    write(log, "four\n");
    restart();
    settle();
    assertThat(outbox.fileStreams()).hasSize(2);
    assertThat(outbox.delivered(outbox.fileStreams().getFirst()))
        .extracting(RecordingOutbox.Delivered::text)
        .containsExactly("one\n", "two\n", "three\n");
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n", "four\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void theStreamEndsWhenTheCompressedFileGoes() throws Exception {
    write(log, "one\n");
    source.run();
    compress(rename(log, "app.log.1"));
    settle();
    String stream = outbox.fileStreams().getFirst();
    assertThat(outbox.state(stream).ended()).isFalse();
    Files.delete(directory.resolve("app.log.1.gz"));
    settle();
    assertThat(outbox.state(stream).ended()).isTrue();
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void nothingIsReadOfItWhileTheOriginalIsThere() throws Exception {
    Path rotated = directory.resolve("app.log.1");
    write(rotated, "one\ntwo\n");
    byte[] whole = gzip("one\ntwo\n");
    Path compressed = directory.resolve("app.log.1.gz");
    Files.write(compressed, Arrays.copyOf(whole, whole.length / 2));
    settle();
    Files.write(compressed, whole);
    settle();
    Files.delete(rotated);
    settle();
    restart();
    settle();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void aFileThatIsStillBeingWrittenIsWaitedFor() throws Exception {
    byte[] whole = gzip("one\ntwo\n");
    Path compressed = directory.resolve("app.log.1.gz");
    for (int size : List.of(0, 5, whole.length - 6, whole.length - 1)) {
      Files.write(compressed, Arrays.copyOf(whole, size));
      Files.setLastModifiedTime(compressed, java.nio.file.attribute.FileTime.from(clock.now()));
      settle();
      assertThat(outbox.texts()).as("%s bytes", size).isEmpty();
    }
    Files.write(compressed, whole);
    settle();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void whatCanBeDecompressedOfADamagedFileIsReadAndTheRestIsAGap() throws Exception {
    StringBuilder text = new StringBuilder();
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      text.append(i).append(' ').append(random.nextLong()).append('\n');
    }
    byte[] whole = gzip(text.toString());
    Arrays.fill(whole, whole.length / 2, whole.length / 2 + 100, (byte) -1);
    Files.write(directory.resolve("app.log.1.gz"), whole);
    settle();
    clock.pass(PATIENCE);
    settle();
    String read = String.join("", outbox.texts());
    assertThat(text.toString()).startsWith(read);
    assertThat(read.length()).isGreaterThan(text.length() / 3);
    assertThat(outbox.gaps()).hasSize(1);
    Gap gap = outbox.gaps().getFirst();
    assertThat(gap.reason()).isEqualTo(Gap.Reason.FILE_DAMAGED);
    assertThat(gap.from().offset()).isEqualTo(read.length());
    assertThat(gap.detail()).contains("app.log.1.gz");
    restart();
    settle();
    assertThat(outbox.gaps()).hasSize(1);
    assertThat(String.join("", outbox.texts())).isEqualTo(read);
  }

  @Test
  void aFileThatStaysCutOffIsReadAsFarAsItGoesAndFurtherWhenItGrows() throws Exception {
    byte[] whole = gzip("one\ntwo\n");
    Path compressed = directory.resolve("app.log.1.gz");
    Files.write(compressed, Arrays.copyOf(whole, whole.length - 4));
    settle();
    clock.pass(PATIENCE);
    settle();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps()).hasSize(1);
    Files.write(compressed, gzip("three\n"), StandardOpenOption.APPEND);
    Files.write(compressed, whole);
    Files.write(compressed, gzip("three\n"), StandardOpenOption.APPEND);
    settle();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
  }

  @Test
  void aWrongChecksumIsAGapBehindTheBytes() throws Exception {
    byte[] whole = gzip("one\ntwo\n");
    whole[whole.length - 8] ^= 1;
    Files.write(directory.resolve("app.log.1.gz"), whole);
    clock.pass(IDLE);
    settle();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps()).hasSize(1);
    assertThat(outbox.gaps().getFirst().detail()).contains("checksum");
  }

  @Test
  void whatIsNoGzipFileIsAGap() throws Exception {
    Files.writeString(directory.resolve("app.log.1.gz"), "just text\n");
    clock.pass(IDLE);
    settle();
    assertThat(outbox.texts()).isEmpty();
    assertThat(outbox.gaps()).hasSize(1);
  }

  @Test
  void aFileOfSeveralMembersAndPaddingIsReadWhole() throws Exception {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(gzip("one\ntw"));
    file.writeBytes(gzip(""));
    file.writeBytes(withAllHeaderFields("o\nthree\n"));
    file.writeBytes(new byte[100]);
    Files.write(directory.resolve("app.log.1.gz"), file.toByteArray());
    settle();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void aCopyThatWasCompressedIsTheStreamOfTheTruncatedFile() throws Exception {
    write(log, "one\n");
    source.run();
    write(log, "two\n");
    Path copy = directory.resolve("app.log.1");
    Files.copy(log, copy);
    compress(copy);
    Files.write(log, new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
    write(log, "three\n");
    settle();
    restart();
    settle();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void equalFilesAreEachReadOnce() throws Exception {
    write(log, "same\n");
    source.run();
    compress(rename(log, "app.log.1"));
    source.close();
    move("app.log.1.gz", "app.log.2.gz");
    Files.write(directory.resolve("app.log.1.gz"), gzip("same\n"));
    restart();
    settle();
    assertThat(outbox.texts()).containsExactly("same\n", "same\n");
  }

  @Test
  void aLongFileIsReadInConstantMemoryAndToItsEnd() throws Exception {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(file)) {
      byte[] line = ("x".repeat(9999) + "\n").getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < 3000; i++) {
        out.write(line);
      }
    }
    Files.write(directory.resolve("app.log.1.gz"), file.toByteArray());
    settle();
    assertThat(outbox.texts()).hasSize(3000);
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void manyAreReadAFewAtATime() throws Exception {
    for (int i = 1; i <= 30; i++) {
      Files.write(directory.resolve("app.log." + i + ".gz"), gzip("line of " + i + "\n"));
    }
    for (int i = 0; i < 12; i++) {
      settle();
    }
    assertThat(outbox.texts()).hasSize(30).doesNotHaveDuplicates();
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void theFirstStartAtTheEndSkipsCompressedFilesToo() throws Exception {
    source.close();
    source = newSource(From.END);
    Files.write(directory.resolve("app.log.1.gz"), gzip("old\n"));
    write(log, "old too\n");
    settle();
    write(log, "new\n");
    settle();
    assertThat(outbox.texts()).containsExactly("new\n");
  }

  private SteppedSource newSource(From from) {
    return new SteppedSource(SteppedSource.config(from, 1 << 20, log), outbox, clock);
  }

  private void restart() {
    source.close();
    outbox.crash();
    source = newSource(From.BEGINNING);
  }

  private void settle() throws InterruptedException {
    for (int i = 0; i < 6; i++) {
      source.run();
      clock.pass(Duration.ofSeconds(3));
    }
  }

  private void write(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private Path rename(Path file, String name) throws IOException {
    return Files.move(file, directory.resolve(name));
  }

  private void move(String from, String to) throws IOException {
    Files.move(directory.resolve(from), directory.resolve(to));
  }

  private void compress(Path file) throws IOException {
    Files.write(Path.of(file + ".gz"), gzip(Files.readString(file)));
    Files.delete(file);
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  /// As a writer does that fills in all that RFC 1952 allows.
  private static byte[] withAllHeaderFields(String text) throws IOException {
    byte[] plain = gzip(text);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(plain, 0, 3);
    file.write(0x1f);
    file.write(plain, 4, 6);
    file.writeBytes(new byte[] {3, 0, 'a', 'b', 'c'});
    file.writeBytes("name\0comment\0".getBytes(StandardCharsets.UTF_8));
    file.writeBytes(new byte[] {1, 2});
    file.write(plain, 10, plain.length - 10);
    return file.toByteArray();
  }
}
