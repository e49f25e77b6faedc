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
import java.util.function.IntFunction;
import java.util.zip.CRC32C;

/// Collects batches into a frame. Its buffers live as long as it does, and are used again for each
/// frame; the frame itself is the caller's. Not thread-safe.
public final class FrameWriter implements AutoCloseable {
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
  private final NativeBuffer headBytes = new NativeBuffer(FIRST_BYTES);
  private final NativeBuffer data = new NativeBuffer(FIRST_BYTES);
  private final NativeBuffer compressed;

  /// @param fullBytes how much data is collected before [#isFull]
  public FrameWriter(int fullBytes) {
    this(fullBytes, new NativeBuffer(FIRST_BYTES));
  }

  private FrameWriter(int fullBytes, NativeBuffer compressed) {
    this.fullBytes = fullBytes;
    this.compressed = compressed;
    clear();
  }

  /// One that collects while this one is finished: only one of the two may be at a time.
  public FrameWriter another() {
    return new FrameWriter(fullBytes, compressed);
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
    return needed > fullBytes - dataBytes()
        || heads.size() >= FrameFormat.MAX_HEADS / 2
        || headBytes.bytes().position() >= FULL_HEADS_BYTES;
  }

  /// Copies a batch into the frame. One that cannot be written leaves it as it was.
  ///
  /// @throws IllegalArgumentException when a text of its head is too long for a frame
  public void add(RecordBatch batch) {
    int headBytesBefore = headBytes.bytes().position();
    int dataBytesBefore = dataBytes();
    try {
      write(batch);
    } catch (RuntimeException e) {
      headBytes.bytes().position(headBytesBefore);
      data.bytes().position(dataBytesBefore);
      throw e;
    }
  }

  private void write(RecordBatch batch) {
    boolean lineFeeds = false;
    int sizeBytes = 0;
    long time = 0;
    Gap gap = null;
    switch (batch.payload()) {
      case Records records -> {
        lineFeeds = LineFeeds.endEach(records);
        sizeBytes = records.sizeBytes();
        time = records.readTimeMicros();
        ByteBuffer to = data.reserve(bytesOf(records));
        if (!lineFeeds) {
          for (int i = 0; i < records.count(); i++) {
            to.putInt(records.end(i));
          }
        }
        MemorySegment.copy(records.data(), 0, MemorySegment.ofBuffer(to), 0, sizeBytes);
        to.position(to.position() + sizeBytes);
      }
      case Gap lost -> {
        gap = lost;
        time = lost.timeMicros();
      }
    }
    BatchHead head =
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
            gap);
    writeHead(head);
    heads.add(head);
  }

  /// Bytes of data collected so far.
  public int dataBytes() {
    return data.bytes().position();
  }

  /// The heads of the batches collected so far.
  public List<BatchHead> heads() {
    return List.copyOf(heads);
  }

  /// Compresses what was collected.
  ///
  /// @return the frame, in an array of its own
  public ByteBuffer finish(UUID agent, Clocks clocks) {
    return finish(agent, clocks, ByteBuffer::allocate);
  }

  /// As [#finish(UUID, Clocks)].
  ///
  /// @param room gives an empty buffer for so many bytes, or more
  public ByteBuffer finish(UUID agent, Clocks clocks, IntFunction<ByteBuffer> room) {
    headBytes.bytes().putInt(0, heads.size());
    ByteBuffer plainHeads = headBytes.bytes().duplicate().flip();
    ByteBuffer plainData = data.bytes().duplicate().flip();
    int headsRaw = plainHeads.remaining();
    int dataRaw = plainData.remaining();
    compressed.bytes().clear();
    ByteBuffer packed =
        compressed.reserve((int) Zstd.compressBound(headsRaw) + (int) Zstd.compressBound(dataRaw));
    int headsZst;
    int dataZst;
    try (ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(LEVEL).setHashLog(HASH_LOG)) {
      headsZst = zstd.compress(packed, plainHeads);
      dataZst = dataRaw == 0 ? 0 : zstd.compress(packed, plainData);
    }
    packed.flip();
    CRC32C crc = new CRC32C();
    crc.update(packed.duplicate());
    return room.apply(FrameFormat.HEADER_BYTES + packed.remaining())
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
        .put(packed)
        .flip();
  }

  /// Empties the frame for the next batches.
  public void clear() {
    heads.clear();
    data.bytes().clear();
    headBytes.bytes().clear().position(Integer.BYTES);
  }

  /// Gives its memory back; that which it shares with [#another] too.
  @Override
  public void close() {
    headBytes.close();
    data.close();
    compressed.close();
  }

  private static int bytesOf(Records records) {
    return records.sizeBytes() + Integer.BYTES * records.count();
  }

  private void writeHead(BatchHead head) {
    Gap gap = head.gap();
    Stream stream = head.stream();
    int flags =
        (head.ended() ? FrameFormat.FLAG_ENDED : 0) | (head.lineFeeds() ? FrameFormat.FLAG_LF : 0);
    headBytes
        .reserve(2)
        .put(gap == null ? FrameFormat.TYPE_RECORDS : FrameFormat.TYPE_GAP)
        .put((byte) flags);
    string(stream.id());
    string(stream.kind());
    headBytes.reserve(Short.BYTES).putShort((short) stream.context().size());
    // Sorted, so that the same stream is always written as the same bytes.
    for (Map.Entry<String, String> entry : new TreeMap<>(stream.context()).entrySet()) {
      string(entry.getKey());
      string(entry.getValue());
    }
    headBytes.reserve(Long.BYTES).putLong(head.firstSeq());
    string(head.from().token());
    string(head.to().token());
    if (gap == null) {
      headBytes
          .reserve(Long.BYTES + 2 * Integer.BYTES)
          .putLong(head.readTimeMicros())
          .putInt(head.count())
          .putInt(head.sizeBytes());
      return;
    }
    string(gap.reason().label());
    string(gap.from().token());
    string(gap.to().token());
    Long lost = gap.lost();
    headBytes.reserve(2 * Long.BYTES).putLong(lost == null ? -1 : lost).putLong(gap.timeMicros());
    string(gap.detail());
  }

  private void string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0xffff) {
      throw new IllegalArgumentException("text of " + bytes.length + " bytes in a frame's head");
    }
    headBytes.reserve(Short.BYTES + bytes.length).putShort((short) bytes.length).put(bytes);
  }
}
