package dev.purser.core.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.record.Gap;
import dev.purser.core.record.Position;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FrameTest {
  private static final UUID AGENT = new UUID(1, 2);
  private static final Clocks CLOCKS = new Clocks(1_700_000_000_000_000L, 42);
  private static final Stream STREAM =
      new Stream("file/a", "line", Map.of(Stream.NODE, "n1", "file", "/var/log/ä.log"));

  @Test
  void keepsEveryFieldOfItsBatches() throws FrameFormatException {
    FrameWriter writer = new FrameWriter(1 << 10);
    writer.add(
        lines(STREAM, 7, Position.ofOffset(10), Position.ofOffset(24), "one\n", "two and\r\n"));
    writer.add(lines(STREAM, 9, Position.ofOffset(24), Position.ofOffset(31), "no end"));
    Gap gap = new Gap(Gap.Reason.TRUNCATED, Position.ofOffset(31), new Position("x"), 3L, 5, "why");
    writer.add(new RecordBatch(STREAM, 10, Position.ofOffset(31), new Position("x"), gap, true));

    Frame frame = Frame.parse(writer.finish(AGENT, CLOCKS));

    assertThat(frame.agent()).isEqualTo(AGENT);
    assertThat(frame.clocks()).isEqualTo(CLOCKS);
    List<RecordBatch> batches = frame.batches();
    assertThat(batches).hasSize(3);
    assertThat(batches.get(0).stream()).isEqualTo(STREAM);
    assertThat(batches.get(0).after().nextSeq()).isEqualTo(9);
    assertThat(texts(batches.get(0))).containsExactly("one\n", "two and\r\n");
    assertThat(texts(batches.get(1))).containsExactly("no end");
    assertThat(batches.get(2).payload()).isEqualTo(gap);
    assertThat(batches.get(2).ended()).isTrue();
    assertThat(frame.heads().get(0).lineFeeds()).isTrue();
    assertThat(frame.heads().get(1).lineFeeds()).isFalse();
  }

  @Test
  void keepsRecordsThatHoldLineFeedsThemselves() throws FrameFormatException {
    FrameWriter writer = new FrameWriter(1 << 10);
    writer.add(lines(STREAM, 0, Position.START, Position.ofOffset(9), "P a\nF b\n", "", "\n"));
    assertThat(texts(Frame.parse(writer.finish(AGENT, CLOCKS)).batches().getFirst()))
        .containsExactly("P a\nF b\n", "", "\n");
  }

  @Test
  void takesABatchLargerThanItsBuffer() throws FrameFormatException {
    FrameWriter writer = new FrameWriter(16);
    String line = "x".repeat(100_000) + "\n";
    RecordBatch batch = lines(STREAM, 0, Position.START, Position.ofOffset(100_001), line);
    assertThat(writer.isFull(batch)).isFalse();
    writer.add(batch);
    assertThat(writer.isFull(lines(STREAM, 1, Position.START, Position.START, line))).isTrue();
    assertThat(texts(Frame.parse(writer.finish(AGENT, CLOCKS)).batches().getFirst()))
        .containsExactly(line);
  }

  @Test
  void aBatchThatCannotBeWrittenLeavesTheOthersAsTheyAre() throws FrameFormatException {
    FrameWriter writer = new FrameWriter(1 << 10);
    writer.add(lines(STREAM, 0, Position.START, Position.ofOffset(2), "a\n"));
    Stream other = new Stream("file/b", "k".repeat(70_000), Map.of("file", "/b"));
    assertThatThrownBy(
            () -> writer.add(lines(other, 0, Position.START, Position.ofOffset(2), "b\n")))
        .isInstanceOf(IllegalArgumentException.class);
    writer.add(lines(STREAM, 1, Position.ofOffset(2), Position.ofOffset(4), "c\n"));

    List<RecordBatch> batches = Frame.parse(writer.finish(AGENT, CLOCKS)).batches();
    assertThat(batches).hasSize(2);
    assertThat(texts(batches.get(0))).containsExactly("a\n");
    assertThat(texts(batches.get(1))).containsExactly("c\n");
  }

  @Test
  void whatOthersWroteIsCutToWhatFits() throws FrameFormatException {
    String long1 = "\ud83d\ude00".repeat(50_000);
    Stream stream = new Stream("file/a", "line", Map.of("label/a", "x" + long1));
    Gap gap = new Gap(Gap.Reason.TRUNCATED, Position.START, Position.START, null, 5, long1);
    FrameWriter writer = new FrameWriter(1 << 10);
    writer.add(new RecordBatch(stream, 0, Position.START, Position.START, gap, false));

    RecordBatch read = Frame.parse(writer.finish(AGENT, CLOCKS)).batches().getFirst();
    assertThat(read.stream().context().get("label/a"))
        .startsWith("x\ud83d\ude00")
        .endsWith("\ude00\u2026")
        .hasSizeLessThanOrEqualTo(Stream.MAX_VALUE_CHARACTERS);
    assertThat(read.payload()).isEqualTo(gap);
  }

  @Test
  void isUsedAgainAfterClear() throws FrameFormatException {
    FrameWriter writer = new FrameWriter(64);
    writer.add(lines(STREAM, 0, Position.START, Position.ofOffset(2), "a\n"));
    writer.finish(AGENT, CLOCKS);
    writer.clear();
    assertThat(writer.isEmpty()).isTrue();
    writer.add(lines(STREAM, 1, Position.ofOffset(2), Position.ofOffset(4), "b\n"));
    assertThat(texts(Frame.parse(writer.finish(AGENT, CLOCKS)).batches().getFirst()))
        .containsExactly("b\n");
  }

  @Test
  void rejectsAnyChangedByte() {
    FrameWriter writer = new FrameWriter(1 << 10);
    writer.add(lines(STREAM, 0, Position.START, Position.ofOffset(6), "one\n", "2\n"));
    ByteBuffer good = writer.finish(AGENT, CLOCKS);
    for (int i = 37; i < good.limit(); i++) {
      ByteBuffer bad = ByteBuffer.allocate(good.limit()).put(good.duplicate()).flip();
      bad.put(i, (byte) (bad.get(i) ^ 0x10));
      assertThatThrownBy(() -> Frame.parse(bad).batches()).isInstanceOf(FrameFormatException.class);
    }
  }

  /// A frame whose CRC is right but whose content is not: what a hostile sender can make.
  @Test
  void rejectsHostileContentWithoutAnyOtherException() throws FrameFormatException {
    Random random = new Random(7);
    FrameWriter writer = new FrameWriter(1 << 10);
    writer.add(lines(STREAM, 0, Position.START, Position.ofOffset(6), "one\n", "2\n"));
    ByteBuffer good = writer.finish(AGENT, CLOCKS);
    for (int round = 0; round < 20_000; round++) {
      ByteBuffer bad = ByteBuffer.allocate(good.limit()).put(good.duplicate()).flip();
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        bad.put(21 + random.nextInt(bad.limit() - 21), (byte) random.nextInt(256));
      }
      ByteBuffer cut =
          bad.slice(0, random.nextInt(8) == 0 ? random.nextInt(bad.limit()) : bad.limit());
      if (cut.limit() >= FrameFormat.HEADER_BYTES) {
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(cut.duplicate().position(FrameFormat.HEADER_BYTES));
        cut.putInt(FrameFormat.HEADER_BYTES - 4, (int) crc.getValue());
      }
      try {
        Frame.parse(cut).batches();
      } catch (FrameFormatException expected) {
        assertThat(expected).hasMessageNotContaining("one");
      }
    }
  }

  @Test
  void isFullOfHeadsBeforeAReceiverRefusesThem() throws Exception {
    FrameWriter writer = new FrameWriter(1 << 20);
    String longName = "/".repeat(60_000);
    int batches = 0;
    while (true) {
      Stream stream = new Stream("s" + batches, "file", Map.of("path", longName));
      RecordBatch batch = lines(stream, 0, Position.START, Position.ofOffset(2), "x\n");
      if (writer.isFull(batch)) {
        break;
      }
      writer.add(batch);
      batches++;
    }
    assertThat(Frame.parse(writer.finish(AGENT, CLOCKS)).heads()).hasSize(batches);
  }

  private static RecordBatch lines(
      Stream stream, long firstSeq, Position from, Position to, String... lines) {
    byte[] bytes = String.join("", lines).getBytes(StandardCharsets.UTF_8);
    int[] ends = new int[lines.length];
    int end = 0;
    for (int i = 0; i < lines.length; i++) {
      end += lines[i].getBytes(StandardCharsets.UTF_8).length;
      ends[i] = end;
    }
    return new RecordBatch(
        stream,
        firstSeq,
        from,
        to,
        new Records(99, MemorySegment.ofArray(bytes), ends, lines.length),
        false);
  }

  private static List<String> texts(RecordBatch batch) {
    Records records = (Records) batch.payload();
    List<String> texts = new java.util.ArrayList<>();
    for (int i = 0; i < records.count(); i++) {
      byte[] bytes =
          records
              .data()
              .asSlice(records.start(i), records.end(i) - records.start(i))
              .toArray(ValueLayout.JAVA_BYTE);
      texts.add(new String(bytes, StandardCharsets.UTF_8));
    }
    return texts;
  }
}
