package dev.purser.core.frame;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import dev.purser.core.record.Gap;
import dev.purser.core.record.LineFeeds;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;

/// Collects batches into a frame. Its buffers live as long as it does, and are used again for each
/// frame; the frame itself is the caller's. Not thread-safe.
public final class FrameWriter {
  private static final int LEVEL = 1;

  /// Two to this many entries: a tenth faster than the level's own 14 or 15, as more of the table
  /// is in the processor's nearest cache, and logs become no larger by it.
  private static final int HASH_LOG = 13;

  /// Far below what a receiver takes, as one more head may be large.
  private static final int FULL_HEADS_BYTES = 16 << 20;

  /// Of each buffer. They grow as they are needed: where little happens, frames are small.
  private static final int FIRST_BYTES = 64 << 10;

  private final List<BatchHead> heads = new ArrayList<>();
  private final int fullBytes;
  private ByteBuffer headBytes = ByteBuffer.allocateDirect(FIRST_BYTES);
  private ByteBuffer data = ByteBuffer.allocateDirect(FIRST_BYTES);
  private ByteBuffer compressed = ByteBuffer.allocateDirect(FIRST_BYTES);

  /// @param fullBytes how much data is collected before [#isFull]
  public FrameWriter(int fullBytes) {
    this.fullBytes = fullBytes;
    clear();
  }

  public boolean isEmpty() {
    return heads.isEmpty();
  }

  /// Whether a batch of this size must wait for the next frame. An empty frame takes every batch.
  public boolean isFull(RecordBatch batch) {
    if (heads.isEmpty()) {
      return false;
    }
    int needed = batch.payload() instanceof Records records ? bytesOf(records) : 0;
    return needed > fullBytes - data.position()
        || heads.size() >= FrameFormat.MAX_HEADS / 2
        || headBytes.position() >= FULL_HEADS_BYTES;
  }

  /// Copies a batch into the frame.
  public void add(RecordBatch batch) {
    boolean lineFeeds = false;
    int sizeBytes = 0;
    long time = 0;
    Gap gap = null;
    switch (batch.payload()) {
      case Records records -> {
        lineFeeds = LineFeeds.endEach(records);
        sizeBytes = records.sizeBytes();
        time = records.readTimeMicros();
        data = grow(data, bytesOf(records));
        if (!lineFeeds) {
          for (int i = 0; i < records.count(); i++) {
            data.putInt(records.end(i));
          }
        }
        MemorySegment.copy(records.data(), 0, MemorySegment.ofBuffer(data), 0, sizeBytes);
        data.position(data.position() + sizeBytes);
      }
      case Gap lost -> {
        gap = lost;
        time = lost.timeMicros();
      }
    }
    heads.add(
        new BatchHead(
            batch.stream(),
            batch.firstSeq(),
            batch.from(),
            batch.to(),
            batch.ended(),
            time,
            batch.count(),
            sizeBytes,
            lineFeeds,
            gap));
    writeHead(heads.getLast());
  }

  /// Bytes of data collected so far.
  public int dataBytes() {
    return data.position();
  }

  /// The heads of the batches collected so far.
  public List<BatchHead> heads() {
    return List.copyOf(heads);
  }

  /// Compresses what was collected.
  ///
  /// @return the frame, in an array of its own
  public ByteBuffer finish(UUID agent, Clocks clocks) {
    headBytes.putInt(0, heads.size());
    ByteBuffer plainHeads = headBytes.duplicate().flip();
    ByteBuffer plainData = data.duplicate().flip();
    int headsRaw = plainHeads.remaining();
    int dataRaw = plainData.remaining();
    compressed.clear();
    compressed =
        grow(compressed, (int) Zstd.compressBound(headsRaw) + (int) Zstd.compressBound(dataRaw));
    int headsZst;
    int dataZst;
    try (ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(LEVEL).setHashLog(HASH_LOG)) {
      headsZst = zstd.compress(compressed, plainHeads);
      dataZst = dataRaw == 0 ? 0 : zstd.compress(compressed, plainData);
    }
    compressed.flip();
    CRC32C crc = new CRC32C();
    crc.update(compressed.duplicate());
    return ByteBuffer.allocate(FrameFormat.HEADER_BYTES + compressed.remaining())
        .putInt(FrameFormat.MAGIC)
        .put(FrameFormat.VERSION)
        .putLong(agent.getMostSignificantBits())
        .putLong(agent.getLeastSignificantBits())
        .putLong(clocks.wallMicros())
        .putLong(clocks.monotonicNanos())
        .putInt(headsRaw)
        .putInt(headsZst)
        .putInt(dataRaw)
        .putInt(dataZst)
        .putInt((int) crc.getValue())
        .put(compressed)
        .flip();
  }

  /// Empties the frame for the next batches.
  public void clear() {
    heads.clear();
    data.clear();
    headBytes.clear().position(Integer.BYTES);
  }

  private static int bytesOf(Records records) {
    return records.sizeBytes() + Integer.BYTES * records.count();
  }

  private void writeHead(BatchHead head) {
    Gap gap = head.gap();
    Stream stream = head.stream();
    int flags =
        (head.ended() ? FrameFormat.FLAG_ENDED : 0) | (head.lineFeeds() ? FrameFormat.FLAG_LF : 0);
    headBytes = grow(headBytes, 2);
    headBytes.put(gap == null ? FrameFormat.TYPE_RECORDS : FrameFormat.TYPE_GAP).put((byte) flags);
    string(stream.id());
    string(stream.kind());
    headBytes = grow(headBytes, Short.BYTES);
    headBytes.putShort((short) stream.context().size());
    // Sorted, so that the same stream is always written as the same bytes.
    for (Map.Entry<String, String> entry : new TreeMap<>(stream.context()).entrySet()) {
      string(entry.getKey());
      string(entry.getValue());
    }
    headBytes = grow(headBytes, Long.BYTES);
    headBytes.putLong(head.firstSeq());
    string(head.from().token());
    string(head.to().token());
    if (gap == null) {
      headBytes = grow(headBytes, Long.BYTES + 2 * Integer.BYTES);
      headBytes.putLong(head.readTimeMicros()).putInt(head.count()).putInt(head.sizeBytes());
      return;
    }
    string(gap.reason().label());
    string(gap.from().token());
    string(gap.to().token());
    headBytes = grow(headBytes, 2 * Long.BYTES);
    Long lost = gap.lost();
    headBytes.putLong(lost == null ? -1 : lost).putLong(gap.timeMicros());
    string(gap.detail());
  }

  private void string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0xffff) {
      throw new IllegalArgumentException("text of " + bytes.length + " bytes in a frame's head");
    }
    headBytes = grow(headBytes, Short.BYTES + bytes.length);
    headBytes.putShort((short) bytes.length).put(bytes);
  }

  private static ByteBuffer grow(ByteBuffer buffer, int needed) {
    if (buffer.remaining() >= needed) {
      return buffer;
    }
    int size = Math.max(buffer.capacity() * 2, buffer.position() + needed);
    return ByteBuffer.allocateDirect(size).put(buffer.flip());
  }
}
