package dev.purser.transport;

import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/// Arrays for frames being received, used again: to make a large array is dearer than to fill it.
/// Keeps a few, of the size that agents send; others are left to the garbage collector.
/// Thread-safe.
final class FrameBuffers {
  private static final int KEPT = 8;
  private static final int MAX_KEPT_BYTES = 8 << 20;
  private static final int MIN_BYTES = 64 << 10;

  private final ArrayBlockingQueue<byte[]> free = new ArrayBlockingQueue<>(KEPT);

  /// An array of at least `length` bytes, with anything in it.
  byte[] take(int length) {
    byte @Nullable [] kept = free.poll();
    if (kept != null && kept.length >= length) {
      return kept;
    }
    if (length > MAX_KEPT_BYTES) {
      return new byte[length];
    }
    return new byte[Math.max(MIN_BYTES, Integer.highestOneBit(Math.max(1, length - 1)) << 1)];
  }

  /// Gives an array back; nobody may look at it any more.
  void give(byte[] array) {
    if (array.length <= MAX_KEPT_BYTES) {
      free.offer(array);
    }
  }
}
