package dev.purser.sources.logs;

import dev.purser.core.disk.DiskFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/// What the [Spool] keeps of a deleted file in front of its bytes: docs/formats/spool.md.
///
/// @param base the path under which it was written
/// @param stream id of its stream, also where the hub has nothing of it
/// @param size of the deleted file
/// @param from offset of the first byte that is kept; all behind it are
/// @param begin where its stream begins in it
/// @param delivered up to where the hub had it
/// @param head its first bytes, at most [Fingerprint#MAX_BYTES]
/// @param plan how it was read; empty if that was not known yet
record SpoolHeader(
    FileId file,
    Path base,
    String stream,
    long size,
    long from,
    long begin,
    long delivered,
    byte[] head,
    Optional<Plan.Memo> plan) {
  private static final byte[] MAGIC = {'P', 'U', 'R', 'S', 'P', 'O', 'L', 1};
  private static final int PREFIX_BYTES = MAGIC.length + Integer.BYTES;
  private static final int CRC_BYTES = Integer.BYTES;

  /// Far above what Kubernetes allows a pod to be.
  private static final int MAX_BYTES = 16 << 20;

  SpoolHeader {
    boolean isOrdered = 0 <= begin && begin <= delivered && delivered <= size;
    if (!isOrdered || from < 0 || from > delivered) {
      throw new IllegalArgumentException(
          "from " + from + ", begin " + begin + ", delivered " + delivered + " of " + size);
    }
    if (head.length > Math.min(size, Fingerprint.MAX_BYTES)) {
      throw new IllegalArgumentException(head.length + " first bytes of " + size);
    }
  }

  /// What was written, but is no header of a version that there is.
  static final class Malformed extends IOException {
    private static final long serialVersionUID = 1;

    Malformed(String message) {
      super(message);
    }
  }

  /// A header as it was found.
  ///
  /// @param bytes that it takes
  record Found(SpoolHeader header, int bytes) {}

  /// The file, as a look that misses it would know it.
  Facts facts(long nowMicros) {
    return new Facts(base, base, false, true, size, nowMicros, true);
  }

  /// How many bytes belong behind it.
  long keptBytes() {
    return size - from;
  }

  ByteBuffer toBytes() throws IOException {
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(payload);
    put(out, file.toString());
    put(out, base.toString());
    put(out, stream);
    out.writeLong(size);
    out.writeLong(from);
    out.writeLong(begin);
    out.writeLong(delivered);
    put(out, head);
    out.writeBoolean(plan.isPresent());
    if (plan.isPresent()) {
      put(out, plan.get().kind());
      put(out, plan.get().wish());
      Map<String, String> context = new TreeMap<>(plan.get().context());
      out.writeInt(context.size());
      for (Map.Entry<String, String> each : context.entrySet()) {
        put(out, each.getKey());
        put(out, each.getValue());
      }
    }
    if (payload.size() > MAX_BYTES) {
      throw new IOException(base + ": its context takes " + payload.size() + " bytes");
    }
    ByteBuffer bytes = ByteBuffer.allocate(PREFIX_BYTES + payload.size() + CRC_BYTES);
    bytes.put(MAGIC).putInt(payload.size()).put(payload.toByteArray());
    bytes.putInt(crc(bytes.array(), bytes.position()));
    return bytes.flip();
  }

  /// @throws Malformed when there is none, or it is damaged
  /// @throws IOException also when it is of another version
  static Found read(DiskFile file) throws IOException {
    byte[] prefix = read(file, PREFIX_BYTES);
    if (!Arrays.equals(prefix, 0, MAGIC.length - 1, MAGIC, 0, MAGIC.length - 1)) {
      throw new Malformed("this is no file of a spool");
    }
    int version = prefix[MAGIC.length - 1];
    if (version != MAGIC[MAGIC.length - 1]) {
      throw new IOException(
          "it has version " + version + "; this program reads " + MAGIC[MAGIC.length - 1]);
    }
    int size = ByteBuffer.wrap(prefix).getInt(MAGIC.length);
    if (size < 0 || size > MAX_BYTES) {
      throw new Malformed("its header is said to have " + size + " bytes");
    }
    byte[] whole = read(file, PREFIX_BYTES + size + CRC_BYTES);
    if (ByteBuffer.wrap(whole).getInt(PREFIX_BYTES + size) != crc(whole, PREFIX_BYTES + size)) {
      throw new Malformed("the CRC of its header is wrong");
    }
    ByteArrayInputStream payload = new ByteArrayInputStream(whole, PREFIX_BYTES, size);
    try {
      return new Found(parse(new DataInputStream(payload)), whole.length);
    } catch (IllegalArgumentException | EOFException e) {
      throw new Malformed("its header makes no sense: " + e.getMessage());
    }
  }

  private static SpoolHeader parse(DataInputStream in) throws IOException {
    String id = string(in);
    FileId file =
        FileId.parse(id).orElseThrow(() -> new IllegalArgumentException("file \"" + id + "\""));
    Path base = Path.of(string(in));
    String stream = string(in);
    long size = in.readLong();
    long from = in.readLong();
    long begin = in.readLong();
    long delivered = in.readLong();
    byte[] head = bytes(in);
    Optional<Plan.Memo> plan = Optional.empty();
    if (in.readBoolean()) {
      String kind = string(in);
      String wish = string(in);
      Map<String, String> context = new TreeMap<>();
      for (int left = in.readInt(); left > 0; left--) {
        context.put(string(in), string(in));
      }
      plan = Optional.of(new Plan.Memo(kind, wish, context));
    }
    return new SpoolHeader(file, base, stream, size, from, begin, delivered, head, plan);
  }

  private static byte[] read(DiskFile file, int count) throws IOException {
    byte[] bytes = new byte[count];
    ByteBuffer target = ByteBuffer.wrap(bytes);
    while (target.hasRemaining()) {
      if (file.read(target, target.position()) <= 0) {
        throw new Malformed("it ends within its header");
      }
    }
    return bytes;
  }

  private static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private static void put(DataOutputStream out, String text) throws IOException {
    put(out, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void put(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String string(DataInputStream in) throws IOException {
    return new String(bytes(in), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(DataInputStream in) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > in.available()) {
      throw new IllegalArgumentException("a string of " + count + " bytes");
    }
    return in.readNBytes(count);
  }
}
