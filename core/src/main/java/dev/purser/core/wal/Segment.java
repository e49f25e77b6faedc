package dev.purser.core.wal;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// One file of the log: its header, and entries found by their offset in the file. Reads are
/// thread-safe.
final class Segment implements AutoCloseable {
  static final int MAX_PAYLOAD_BYTES = 64 << 20;
  static final int ENTRY_HEADER_BYTES = 4 + 4 + 4 + 8 + 8;
  private static final int MAX_HEAD_BYTES = 256 << 20;
  private static final long MAGIC = 0x50555253_57414C01L; // "PURSWAL", version 1
  private static final int FIXED_HEADER_BYTES = 8 + 16 + 8 + 8 + 4;
  private static final int ENTRY_MAGIC = 0x50454E54;
  private static final String SUFFIX = ".wal";
  private static final int SCAN_BYTES = 1 << 20;

  /// What a header says.
  ///
  /// @param sizeBytes of the header in the file, which is where entries begin
  record Header(UUID log, long createdMicros, byte[] head, int sizeBytes) {}

  /// An entry that checks out.
  record Found(long timeMicros, long forced, ByteBuffer payload, int sizeBytes) {}

  private final Path path;
  private final long base;
  private final DiskFile file;
  private final @Nullable Header header;

  private Segment(Path path, long base, DiskFile file, @Nullable Header header) {
    this.path = path;
    this.base = base;
    this.file = file;
    this.header = header;
  }

  static Optional<Long> baseOf(Path path) {
    String name = path.getFileName().toString();
    if (name.length() != 16 + SUFFIX.length() || !name.endsWith(SUFFIX)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Long.parseLong(name, 0, 16, 16));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /// Creates a segment and forces its header and its name.
  static Segment create(
      Disk disk, Path directory, UUID log, long base, long createdMicros, byte[] head)
      throws IOException {
    Path path = directory.resolve(String.format("%016x%s", base, SUFFIX));
    ByteBuffer bytes = ByteBuffer.allocate(FIXED_HEADER_BYTES + head.length + Integer.BYTES);
    bytes
        .putLong(MAGIC)
        .putLong(log.getMostSignificantBits())
        .putLong(log.getLeastSignificantBits())
        .putLong(base)
        .putLong(createdMicros)
        .putInt(head.length)
        .put(head);
    bytes.putInt(crc(bytes.duplicate().flip())).flip();
    int size = bytes.remaining();
    DiskFile file = disk.open(path);
    try {
      file.truncate(0);
      file.write(bytes, 0);
      disk.step("segment-written");
      file.force();
      disk.forceDirectory(directory);
      disk.step("segment-forced");
    } catch (IOException e) {
      file.close();
      disk.delete(path);
      throw e;
    }
    return new Segment(path, base, file, new Header(log, createdMicros, head, size));
  }

  static Segment open(Disk disk, Path path, long base) throws IOException {
    DiskFile file = disk.open(path);
    return new Segment(path, base, file, readHeader(file, base).orElse(null));
  }

  Path path() {
    return path;
  }

  long base() {
    return base;
  }

  long end() throws IOException {
    return base + file.sizeBytes();
  }

  Optional<Header> header() {
    return Optional.ofNullable(header);
  }

  /// Where entries begin; a segment without a valid header may have them anywhere.
  long firstEntry() {
    return base + (header == null ? 0 : header.sizeBytes());
  }

  static ByteBuffer entryHeader(long timeMicros, long forced, ByteBuffer payload) {
    ByteBuffer entry = ByteBuffer.allocate(ENTRY_HEADER_BYTES);
    entry
        .putInt(ENTRY_MAGIC)
        .putInt(payload.remaining())
        .putInt(0)
        .putLong(timeMicros)
        .putLong(forced);
    CRC32C crc = new CRC32C();
    crc.update(entry.array(), 12, 16);
    crc.update(payload.duplicate());
    return entry.putInt(8, (int) crc.getValue()).flip();
  }

  void write(ByteBuffer bytes, long offset) throws IOException {
    file.write(bytes, offset - base);
  }

  void truncate(long offset) throws IOException {
    file.truncate(offset - base);
  }

  void force() throws IOException {
    file.force();
  }

  /// The entry at an offset, if a valid one begins there and ends at or before `limit`.
  Optional<Found> read(long offset, long limit) throws IOException {
    ByteBuffer fixed = ByteBuffer.allocate(ENTRY_HEADER_BYTES);
    if (offset + ENTRY_HEADER_BYTES > limit || !readFully(file, fixed, offset - base)) {
      return Optional.empty();
    }
    fixed.flip();
    int magic = fixed.getInt();
    int size = fixed.getInt();
    int crc = fixed.getInt();
    if (magic != ENTRY_MAGIC
        || size < 0
        || size > MAX_PAYLOAD_BYTES
        || offset + ENTRY_HEADER_BYTES + size > limit) {
      return Optional.empty();
    }
    ByteBuffer payload = ByteBuffer.allocate(size);
    if (!readFully(file, payload, offset - base + ENTRY_HEADER_BYTES)) {
      return Optional.empty();
    }
    payload.flip();
    CRC32C check = new CRC32C();
    check.update(fixed.array(), 12, 16);
    check.update(payload.duplicate());
    if ((int) check.getValue() != crc) {
      return Optional.empty();
    }
    return Optional.of(
        new Found(fixed.getLong(), fixed.getLong(), payload, ENTRY_HEADER_BYTES + size));
  }

  /// The offset of the first valid entry at or behind `offset`, or `limit` if there is none.
  long resync(long offset, long limit) throws IOException {
    ByteBuffer window = ByteBuffer.allocate(SCAN_BYTES);
    long at = offset;
    while (at + ENTRY_HEADER_BYTES <= limit) {
      window.clear().limit((int) Math.min(SCAN_BYTES, limit - at));
      readFully(file, window, at - base);
      window.flip();
      int candidates = window.remaining() - Integer.BYTES + 1;
      for (int i = 0; i < candidates; i++) {
        if (window.getInt(i) == ENTRY_MAGIC && read(at + i, limit).isPresent()) {
          return at + i;
        }
      }
      at += Math.max(1, candidates);
    }
    return limit;
  }

  /// Whether the bytes from an offset to the file's end may be all that was written of an entry:
  /// its beginning, or nothing yet where the file was made larger for it.
  ///
  /// @param end of the file
  boolean isUnfinished(long offset, long end) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(2 * Integer.BYTES);
    if (end - offset < start.capacity() || !readFully(file, start, offset - base)) {
      return true;
    }
    int magic = start.flip().getInt();
    int size = start.getInt();
    return magic == 0
        || (magic == ENTRY_MAGIC
            && size >= 0
            && size <= MAX_PAYLOAD_BYTES
            && offset + ENTRY_HEADER_BYTES + size > end);
  }

  /// Takes their magic from all valid entries in a range.
  void invalidate(long from, long to) throws IOException {
    for (long at = resync(from, to); at < to; at = resync(at + 1, to)) {
      write(ByteBuffer.allocate(Integer.BYTES), at);
    }
  }

  /// Appends a range, as it is, to an empty file.
  void copy(long from, long to, DiskFile into) throws IOException {
    ByteBuffer window = ByteBuffer.allocate((int) Math.min(SCAN_BYTES, to - from));
    for (long at = from; at < to; at += window.limit()) {
      window.clear().limit((int) Math.min(window.capacity(), to - at));
      if (!readFully(file, window, at - base)) {
        throw new IOException(path + " ends before offset " + to);
      }
      into.write(window.flip(), at - from);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private static Optional<Header> readHeader(DiskFile file, long base) throws IOException {
    ByteBuffer fixed = ByteBuffer.allocate(FIXED_HEADER_BYTES);
    if (!readFully(file, fixed, 0)) {
      return Optional.empty();
    }
    fixed.flip();
    long magic = fixed.getLong();
    UUID log = new UUID(fixed.getLong(), fixed.getLong());
    long storedBase = fixed.getLong();
    long created = fixed.getLong();
    int headSize = fixed.getInt();
    if (magic != MAGIC
        || storedBase != base
        || headSize < 0
        || headSize > MAX_HEAD_BYTES
        || headSize > file.sizeBytes()) {
      return Optional.empty();
    }
    ByteBuffer all = ByteBuffer.allocate(FIXED_HEADER_BYTES + headSize + Integer.BYTES);
    if (!readFully(file, all, 0)) {
      return Optional.empty();
    }
    all.flip();
    int crc = all.getInt(FIXED_HEADER_BYTES + headSize);
    if (crc != crc(all.slice(0, FIXED_HEADER_BYTES + headSize))) {
      return Optional.empty();
    }
    byte[] head = new byte[headSize];
    all.get(FIXED_HEADER_BYTES, head);
    return Optional.of(new Header(log, created, head, all.limit()));
  }

  private static boolean readFully(DiskFile file, ByteBuffer into, long at) throws IOException {
    int start = into.position();
    while (into.hasRemaining()) {
      if (file.read(into, at + into.position() - start) < 0) {
        return false;
      }
    }
    return true;
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
