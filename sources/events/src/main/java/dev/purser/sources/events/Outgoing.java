package dev.purser.sources.events;

import dev.purser.core.record.Records;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The batch that is being filled: one Event on each line. Reused.
final class Outgoing {
  private static final int FULL_BYTES = 1 << 20;

  private byte[] bytes = new byte[1 << 16];
  private int[] ends = new int[256];
  private int count;
  private int size;

  void add(byte[] json) {
    int end = size + json.length + 1;
    if (end > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
    }
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, 2 * count);
    }
    System.arraycopy(json, 0, bytes, size, json.length);
    bytes[end - 1] = '\n';
    size = end;
    ends[count++] = end;
  }

  boolean isEmpty() {
    return count == 0;
  }

  boolean isFull() {
    return size >= FULL_BYTES;
  }

  Records records(long readTimeMicros) {
    return count == 0
        ? Records.none(readTimeMicros)
        : new Records(readTimeMicros, MemorySegment.ofArray(bytes), ends, count);
  }

  void clear() {
    count = 0;
    size = 0;
  }
}
