package dev.purser.core.wal;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The file in which a log keeps a head apart from its segments, as specified in
/// docs/formats/wal.md. One thread at a time writes.
final class KeptHead {
  private static final long MAGIC = 0x50555253_48454101L; // "PURSHEA", version 1
  private static final int FIXED_BYTES = 8 + 16 + 8;

  private static final Logger LOG = LoggerFactory.getLogger(KeptHead.class);

  private final Disk disk;
  private final Path directory;
  private final Path file;

  KeptHead(Disk disk, Path directory) {
    this.disk = disk;
    this.directory = directory;
    this.file = directory.resolve("head");
  }

  /// What was kept last of this log; empty if that does not check out, or cannot be read: without
  /// it, damage of the log costs more, and nothing else does.
  Optional<SegmentLog.Head> read(UUID log) {
    byte[] bytes;
    try {
      bytes = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("file", file)
          .addKeyValue("cause", e.getMessage())
          .log("The kept positions of streams cannot be read, and those of the segments count");
      return Optional.empty();
    }
    int size = bytes.length - FIXED_BYTES - Integer.BYTES;
    if (size < 0) {
      return Optional.empty();
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (in.getInt(bytes.length - Integer.BYTES) != crc(in, bytes.length - Integer.BYTES)
        || in.getLong() != MAGIC
        || !new UUID(in.getLong(), in.getLong()).equals(log)) {
      return Optional.empty();
    }
    long offset = in.getLong();
    return Optional.of(
        new SegmentLog.Head(Arrays.copyOfRange(bytes, FIXED_BYTES, FIXED_BYTES + size), offset));
  }

  /// Forgets what stands for more than the log holds: it is of another history, and must not count
  /// when the log has grown past it.
  void forgetBehind(UUID log, long end) throws IOException {
    if (read(log).filter(head -> head.offset() > end).isPresent()) {
      disk.delete(file);
      disk.forceDirectory(directory);
    }
  }

  /// Puts another in the place of the last.
  void write(UUID log, SegmentLog.Head head) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(FIXED_BYTES + head.head().length + Integer.BYTES);
    bytes
        .putLong(MAGIC)
        .putLong(log.getMostSignificantBits())
        .putLong(log.getLeastSignificantBits())
        .putLong(head.offset())
        .put(head.head());
    bytes.putInt(crc(bytes, bytes.position())).flip();
    Path part = directory.resolve("head.part");
    try (DiskFile written = disk.open(part)) {
      written.truncate(0);
      written.write(bytes, 0);
      written.force();
    }
    disk.rename(part, file);
    disk.forceDirectory(directory);
  }

  private static int crc(ByteBuffer bytes, int size) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(0, size));
    return (int) crc.getValue();
  }
}
