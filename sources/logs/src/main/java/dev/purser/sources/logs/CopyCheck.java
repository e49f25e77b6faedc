package dev.purser.sources.logs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/// Compares a file with the one that it may be a copy of, in turns: each time only what is new.
final class CopyCheck {
  private static final int BLOCK_BYTES = 64 << 10;

  private final FoundFile file;
  private final @Nullable Incarnation original;
  private long compared;

  /// @param original null when it is truncated already
  CopyCheck(FoundFile file, @Nullable Incarnation original) {
    this.file = file;
    this.original = original;
  }

  FoundFile file() {
    return file;
  }

  @Nullable Incarnation original() {
    return original;
  }

  /// How many bytes are known to be equal.
  long compared() {
    return compared;
  }

  /// Whether all that `copy` holds stands at the beginning of `original` too.
  boolean isSame(Incarnation copy, Incarnation original) throws IOException {
    FileChannel left = copy.channel();
    FileChannel right = original.channel();
    if (left == null || right == null) {
      return false;
    }
    ByteBuffer a = ByteBuffer.allocate(BLOCK_BYTES);
    ByteBuffer b = ByteBuffer.allocate(BLOCK_BYTES);
    while (true) {
      if (read(left, a, BLOCK_BYTES) == 0) {
        return true;
      }
      if (read(right, b, a.remaining()) < a.remaining() || !a.equals(b)) {
        return false;
      }
      compared += a.remaining();
    }
  }

  private int read(FileChannel channel, ByteBuffer block, int most) throws IOException {
    block.clear().limit(most);
    while (block.hasRemaining() && channel.read(block, compared + block.position()) > 0) {
      // until full or the file's end
    }
    block.flip();
    return block.remaining();
  }
}
