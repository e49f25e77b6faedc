package dev.purser.testkit;

import dev.purser.core.frame.Clocks;
import dev.purser.core.frame.FrameWriter;
import dev.purser.core.record.Position;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// Makes frames for tests.
public final class Frames {
  private static final Clocks CLOCKS = new Clocks(1_700_000_000_000_000L, 42);
  private static final int DATA_BYTES = 1 << 20;

  private Frames() {}

  /// One record of a stream, behind what is held of it.
  public static RecordBatch line(String streamId, StreamState held, String text) {
    return line(streamId, held, text, false);
  }

  /// One record of a stream, its last if `ended`.
  public static RecordBatch line(String streamId, StreamState held, String text, boolean ended) {
    byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
    Records records =
        new Records(CLOCKS.wallMicros(), MemorySegment.ofArray(bytes), new int[] {bytes.length}, 1);
    return new RecordBatch(
        new Stream(streamId, "line", Map.of()),
        held.nextSeq(),
        held.position(),
        Position.ofOffset(held.position().offset() + bytes.length),
        records,
        ended);
  }

  public static ByteBuffer frame(UUID agent, RecordBatch... batches) {
    return frame(agent, List.of(batches));
  }

  public static ByteBuffer frame(UUID agent, List<RecordBatch> batches) {
    FrameWriter writer = new FrameWriter(DATA_BYTES);
    for (RecordBatch batch : batches) {
      writer.add(batch);
    }
    return writer.finish(agent, CLOCKS);
  }
}
