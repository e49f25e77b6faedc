package dev.purser.sources.logs;

import dev.purser.core.record.Position;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/// Positions in the stream of a file: `<offset>[ <n>-<crc>][ finished]`.
///
/// The CRC32C is of the `n` bytes before the offset: whether the file still holds there what was
/// read can be seen after a restart too, even if its first line is the same as before.
///
/// `finished` marks that the file was read to its end and is rotated, so that nothing is lost when
/// it goes. The mark takes the place of the stream's end as long as the file is there: the hub may
/// forget an ended stream, and the file would be read once more.
final class FilePosition {
  private static final String FINISHED = " finished";

  /// How many of the bytes before a position are remembered.
  static final int TAIL_BYTES = 64;

  private FilePosition() {}

  /// The position behind bytes that were read.
  ///
  /// @param read from its position to its limit; the last of them are remembered
  static Position after(long offset, ByteBuffer read) {
    int size = Math.min(TAIL_BYTES, read.remaining());
    if (size == 0) {
      return Position.ofOffset(offset);
    }
    long crc = crc(read.slice(read.limit() - size, size));
    return new Position(offset + " " + size + "-" + Long.toHexString(crc));
  }

  /// The same place, marked.
  static Position finished(Position position) {
    return isFinished(position)
        ? position
        : new Position((position.token().isEmpty() ? "0" : position.token()) + FINISHED);
  }

  static boolean isFinished(Position position) {
    return position.token().endsWith(FINISHED);
  }

  /// The byte offset.
  ///
  /// @throws NumberFormatException when it is no position in a file
  static long offset(Position position) {
    String token = position.token();
    int space = token.indexOf(' ');
    return space < 0 ? position.offset() : Long.parseLong(token.substring(0, space));
  }

  /// Whether the file holds, before the position, the bytes that it held when the position was
  /// made.
  static boolean isIn(FileChannel file, Position position) throws IOException {
    String[] parts = position.token().split(" ", -1);
    int dash = parts.length < 2 ? -1 : parts[1].indexOf('-');
    if (dash < 0) {
      return true;
    }
    ByteBuffer tail = ByteBuffer.allocate(Integer.parseInt(parts[1].substring(0, dash)));
    long at = offset(position) - tail.capacity();
    while (tail.hasRemaining()) {
      if (file.read(tail, at + tail.position()) < 0) {
        return false;
      }
    }
    return Long.toHexString(crc(tail.flip())).equals(parts[1].substring(dash + 1));
  }

  /// Whether the position tells what stood before it.
  static boolean hasTail(Position position) {
    String[] parts = position.token().split(" ", -1);
    return parts.length > 1 && parts[1].indexOf('-') >= 0;
  }

  /// Whether `read`, which ends at the position, ends with the bytes that stood before it when it
  /// was made.
  static boolean isBehind(Position position, ByteBuffer read) {
    String[] parts = position.token().split(" ", -1);
    int dash = parts[1].indexOf('-');
    int size = Integer.parseInt(parts[1].substring(0, dash));
    return size <= read.remaining()
        && Long.toHexString(crc(read.slice(read.limit() - size, size)))
            .equals(parts[1].substring(dash + 1));
  }

  private static long crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return crc.getValue();
  }
}
