package dev.purser.lake;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.core.record.Gap;
import dev.purser.core.record.Payload;
import dev.purser.core.record.Position;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A write-ahead log in memory: frames with their offsets, which a lake can be given again after a
/// crash.
final class Frames {
  /// 2026-11-22T23:59:50Z
  static final long T0 = 1_795_391_990_000_000L;

  record Frame(long nextOffset, long ingestTimeMicros, List<RecordBatch> batches) {}

  private final List<Frame> frames = new ArrayList<>();
  private final Map<String, StreamState> streams = new HashMap<>();
  private List<RecordBatch> open = new ArrayList<>();

  /// Adds a batch of lines to the frame that is open.
  Frames lines(String source, String kind, String... lines) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int[] ends = new int[lines.length];
    for (int i = 0; i < lines.length; i++) {
      byte[] line = (lines[i] + "\n").getBytes(UTF_8);
      bytes.write(line, 0, line.length);
      ends[i] = bytes.size();
    }
    return batch(
        source,
        kind,
        new Records(T0 - 1000, MemorySegment.ofArray(bytes.toByteArray()), ends, lines.length));
  }

  /// Adds a batch of one record without a line end.
  Frames bytes(String source, String kind, byte[] record) {
    return batch(
        source,
        kind,
        new Records(
            T0 - 1000, MemorySegment.ofArray(record.clone()), new int[] {record.length}, 1));
  }

  Frames gap(String source, Gap gap) {
    return batch(source, LineDecoder.KIND, gap);
  }

  /// Ends the frame that is open.
  Frames end(long ingestTimeMicros) {
    frames.add(new Frame((frames.size() + 1) * 100L, ingestTimeMicros, open));
    open = new ArrayList<>();
    return this;
  }

  Frames end() {
    return end(T0);
  }

  List<Frame> all() {
    return frames;
  }

  long endOfLog() {
    return frames.size() * 100L;
  }

  /// Gives the lake all frames that it has not applied.
  void applyTo(Lake lake) throws InterruptedException {
    applyTo(lake, Math.max(lake.applied(), lake.replayFrom()));
  }

  void applyTo(Lake lake, long from) throws InterruptedException {
    for (Frame frame : frames) {
      if (frame.nextOffset > from) {
        lake.apply(frame.nextOffset, frame.ingestTimeMicros, frame.batches);
      }
    }
    lake.flush();
  }

  private Frames batch(String source, String kind, Payload payload) {
    StreamState state = streams.getOrDefault(source, StreamState.NEW);
    RecordBatch batch =
        new RecordBatch(
            new Stream(source, kind, Map.of(Stream.CLUSTER, "c1", Stream.NODE, "n1")),
            state.nextSeq(),
            state.position(),
            Position.ofOffset(state.nextSeq() + payload.count()),
            payload,
            false);
    streams.put(source, batch.after());
    open.add(batch);
    return this;
  }

  static String[] numbered(String prefix, int count) {
    String[] lines = new String[count];
    Arrays.setAll(lines, i -> prefix + i);
    return lines;
  }
}
