package dev.purser.core.frame;

import static dev.purser.core.frame.FrameFormat.HEADER_BYTES;
import static dev.purser.core.frame.FrameFormat.MAX_FRAME_BYTES;
import static dev.purser.core.frame.FrameFormat.MAX_HEADS;
import static dev.purser.core.frame.FrameFormat.MAX_PART_BYTES;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.purser.core.record.Gap;
import dev.purser.core.record.LineFeeds;
import dev.purser.core.record.Position;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import java.lang.foreign.MemorySegment;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;

/// A frame that was received. Its heads are decoded and checked; its records only when [#batches]
/// is called, from the bytes that were parsed: those of an array are not copied.
///
/// Bytes come from the network: each size is checked where it is read.
public final class Frame {
  private final UUID agent;
  private final Clocks clocks;
  private final List<BatchHead> heads;
  private final ByteBuffer compressedData;
  private final int dataBytes;

  private Frame(
      UUID agent, Clocks clocks, List<BatchHead> heads, ByteBuffer compressedData, int dataBytes) {
    this.agent = agent;
    this.clocks = clocks;
    this.heads = heads;
    this.compressedData = compressedData;
    this.dataBytes = dataBytes;
  }

  /// Decodes the heads of a frame.
  ///
  /// @param bytes read from position to limit, which stay as they are; the bytes must not change
  ///   while the frame is used
  public static Frame parse(ByteBuffer bytes) throws FrameFormatException {
    if (bytes.remaining() > MAX_FRAME_BYTES || bytes.remaining() < HEADER_BYTES) {
      throw new FrameFormatException("frame of " + bytes.remaining() + " bytes");
    }
    ByteBuffer in = inArray(bytes);
    if (in.getInt() != FrameFormat.MAGIC) {
      throw new FrameFormatException("not a frame: wrong magic");
    }
    byte version = in.get();
    if (version != FrameFormat.VERSION) {
      throw new FrameFormatException("frame of version " + version + ", this program reads 1");
    }
    UUID agent = new UUID(in.getLong(), in.getLong());
    Clocks clocks = new Clocks(in.getLong(), in.getLong());
    int headsBytes = size(in, "heads");
    int headsZst = size(in, "compressed heads");
    int dataBytes = size(in, "data");
    int dataZst = size(in, "compressed data");
    int crc = in.getInt();
    if (in.remaining() != (long) headsZst + dataZst) {
      throw new FrameFormatException(
          "frame has "
              + in.remaining()
              + " bytes of content, its header says "
              + ((long) headsZst + dataZst));
    }
    CRC32C check = new CRC32C();
    check.update(in.duplicate());
    if ((int) check.getValue() != crc) {
      throw new FrameFormatException("frame fails its CRC32C");
    }
    ByteBuffer compressedHeads = in.slice(in.position(), headsZst);
    ByteBuffer compressedData = in.slice(in.position() + headsZst, dataZst);
    List<BatchHead> heads = readHeads(decompress(compressedHeads, headsBytes, "heads"), dataBytes);
    return new Frame(agent, clocks, heads, compressedData, dataBytes);
  }

  public UUID agent() {
    return agent;
  }

  public Clocks clocks() {
    return clocks;
  }

  public List<BatchHead> heads() {
    return heads;
  }

  /// Decodes the records. Their data are heap segments over one array that nobody else has.
  public List<RecordBatch> batches() throws FrameFormatException {
    byte[] data = decompress(compressedData, dataBytes, "data");
    MemorySegment segment = MemorySegment.ofArray(data);
    ByteBuffer in = ByteBuffer.wrap(data);
    List<RecordBatch> batches = new ArrayList<>(heads.size());
    for (BatchHead head : heads) {
      Gap gap = head.gap();
      batches.add(
          new RecordBatch(
              head.stream(),
              head.firstSeq(),
              head.from(),
              head.to(),
              gap != null ? gap : records(head, in, segment),
              head.ended()));
    }
    return batches;
  }

  private static Records records(BatchHead head, ByteBuffer in, MemorySegment segment)
      throws FrameFormatException {
    int count = head.count();
    int[] ends = new int[head.lineFeeds() ? count + LineFeeds.ROOM : count];
    if (!head.lineFeeds()) {
      readEnds(in, ends, head.sizeBytes());
    }
    MemorySegment data = segment.asSlice(in.position(), head.sizeBytes());
    in.position(in.position() + head.sizeBytes());
    if (head.lineFeeds()) {
      int found = LineFeeds.ends(data, 0, head.sizeBytes(), ends);
      if (found != count || (found > 0 && ends[found - 1] != head.sizeBytes())) {
        throw new FrameFormatException("batch of " + count + " records has other line feeds");
      }
    }
    return new Records(head.readTimeMicros(), data, ends, count);
  }

  private static void readEnds(ByteBuffer in, int[] ends, int sizeBytes)
      throws FrameFormatException {
    int previous = 0;
    for (int i = 0; i < ends.length; i++) {
      ends[i] = in.getInt();
      if (ends[i] < previous || ends[i] > sizeBytes) {
        throw new FrameFormatException("record end " + ends[i] + " behind " + previous);
      }
      previous = ends[i];
    }
  }

  private static List<BatchHead> readHeads(byte[] bytes, int dataBytes)
      throws FrameFormatException {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      int count = in.getInt();
      if (count < 0 || count > MAX_HEADS) {
        throw new FrameFormatException(count + " batches, at most " + MAX_HEADS);
      }
      List<BatchHead> heads = new ArrayList<>(Math.min(count, 1024));
      long needed = 0;
      for (int i = 0; i < count; i++) {
        BatchHead head = readHead(in);
        needed +=
            head.sizeBytes() + (head.lineFeeds() || head.gap() != null ? 0 : 4L * head.count());
        if (needed > dataBytes) {
          throw new FrameFormatException("batches need more data than there is");
        }
        heads.add(head);
      }
      if (in.hasRemaining() || needed != dataBytes) {
        throw new FrameFormatException("bytes behind the last batch");
      }
      return List.copyOf(heads);
    } catch (BufferUnderflowException e) {
      throw new FrameFormatException("heads end early");
    } catch (IllegalArgumentException e) {
      throw new FrameFormatException("head out of range: " + e.getMessage());
    }
  }

  private static BatchHead readHead(ByteBuffer in) throws FrameFormatException {
    byte type = in.get();
    int flags = in.get();
    Stream stream = new Stream(string(in), string(in), context(in));
    long firstSeq = in.getLong();
    Position from = new Position(string(in));
    Position to = new Position(string(in));
    boolean ended = (flags & FrameFormat.FLAG_ENDED) != 0;
    boolean lineFeeds = (flags & FrameFormat.FLAG_LF) != 0;
    if (firstSeq < 0) {
      throw new FrameFormatException("sequence number " + firstSeq);
    }
    if (type == FrameFormat.TYPE_GAP) {
      Gap gap = readGap(in);
      return new BatchHead(
          stream, firstSeq, from, to, ended, gap.timeMicros(), gap.count(), 0, false, gap);
    }
    if (type != FrameFormat.TYPE_RECORDS) {
      throw new FrameFormatException("batch of type " + type);
    }
    long readTime = in.getLong();
    int count = in.getInt();
    int size = in.getInt();
    if (count < 0
        || size < 0
        || size > MAX_PART_BYTES
        || (lineFeeds && count > size)
        || count > MAX_PART_BYTES / 4) {
      throw new FrameFormatException(count + " records in " + size + " bytes");
    }
    return new BatchHead(stream, firstSeq, from, to, ended, readTime, count, size, lineFeeds, null);
  }

  private static Gap readGap(ByteBuffer in) throws FrameFormatException {
    String reason = string(in);
    Position from = new Position(string(in));
    Position to = new Position(string(in));
    long lost = in.getLong();
    long time = in.getLong();
    String detail = string(in);
    try {
      Gap.Reason known = Gap.Reason.valueOf(reason.toUpperCase(Locale.ROOT));
      return new Gap(known, from, to, lost < 0 ? null : lost, time, detail);
    } catch (IllegalArgumentException e) {
      throw new FrameFormatException("unknown reason of a gap");
    }
  }

  private static Map<String, String> context(ByteBuffer in) throws FrameFormatException {
    int entries = Short.toUnsignedInt(in.getShort());
    if (entries > Stream.MAX_CONTEXT_ENTRIES) {
      throw new FrameFormatException("context of " + entries + " entries");
    }
    Map<String, String> context = new HashMap<>();
    for (int i = 0; i < entries; i++) {
      context.put(string(in), string(in));
    }
    return context;
  }

  private static String string(ByteBuffer in) throws FrameFormatException {
    int size = Short.toUnsignedInt(in.getShort());
    if (size > in.remaining()) {
      throw new FrameFormatException("text of " + size + " bytes, " + in.remaining() + " are left");
    }
    ByteBuffer text = in.slice(in.position(), size);
    in.position(in.position() + size);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
    } catch (CharacterCodingException e) {
      throw new FrameFormatException("text is not UTF-8");
    }
  }

  private static int size(ByteBuffer in, String what) throws FrameFormatException {
    int size = in.getInt();
    if (size < 0 || size > MAX_PART_BYTES) {
      throw new FrameFormatException(what + " of " + size + " bytes, at most " + MAX_PART_BYTES);
    }
    return size;
  }

  private static ByteBuffer inArray(ByteBuffer bytes) {
    if (bytes.hasArray()) {
      return bytes.slice();
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return ByteBuffer.wrap(copy);
  }

  private static byte[] decompress(ByteBuffer compressed, int size, String what)
      throws FrameFormatException {
    byte[] plain = new byte[size];
    if (size == 0) {
      return plain;
    }
    try {
      long got =
          Zstd.decompressByteArray(
              plain, 0, size, compressed.array(), compressed.arrayOffset(), compressed.remaining());
      if (got != size) {
        throw new FrameFormatException(what + " decompress to " + got + " bytes, not " + size);
      }
      return plain;
    } catch (ZstdException e) {
      throw new FrameFormatException(what + " do not decompress: " + e.getMessage());
    }
  }
}
