package dev.purser.agent;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/// Arrays for frames on their way to the hub, used again. Those that the garbage collector meets
/// under way would grow old, and the heap by what is old and dead: the agent's is small, and
/// collects that seldom. Thread-safe.
final class FrameArrays {
  /// Frames differ a little in size: their arrays shall not.
  private static final int STEP_BYTES = 64 << 10;

  private final BlockingQueue<ByteBuffer> free;

  /// @param most how many are kept
  FrameArrays(int most) {
    this.free = new ArrayBlockingQueue<>(most);
  }

  /// An array with room for `bytes`, and anything in it.
  ByteBuffer take(int bytes) {
    @Nullable ByteBuffer kept = free.poll();
    return kept != null && kept.capacity() >= bytes
        ? kept.clear()
        : ByteBuffer.allocate(Math.ceilDiv(bytes + bytes / 4, STEP_BYTES) * STEP_BYTES);
  }

  /// Gives an array back; nobody may look at it any more.
  void give(ByteBuffer array) {
    boolean _ = free.offer(array);
  }

  /// Keeps one: there is little to send.
  void rest() {
    while (free.size() > 1) {
      ByteBuffer _ = free.poll();
    }
  }
}
