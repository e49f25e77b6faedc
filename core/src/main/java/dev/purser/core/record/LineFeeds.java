package dev.purser.core.record;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Finds line feeds, eight bytes at a time.
public final class LineFeeds {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long LOW = 0x7f7f7f7f7f7f7f7fL;
  private static final long FEEDS = 0x0a0a0a0a0a0a0a0aL;

  private LineFeeds() {}

  /// Writes the offset behind each line feed of `data[from, to)` to `ends`, until that is full.
  ///
  /// @return how many were written
  public static int ends(MemorySegment data, int from, int to, int[] ends) {
    int count = 0;
    int at = from;
    for (; at <= to - Long.BYTES; at += Long.BYTES) {
      long word = data.get(LONG, at) ^ FEEDS;
      // Exact zero-byte test: the high bit of each byte of `hit` is set if and only if that byte is
      // a line feed.
      long hit = ~(((word & LOW) + LOW) | word | LOW);
      while (hit != 0) {
        if (count == ends.length) {
          return count;
        }
        ends[count++] = at + (Long.numberOfTrailingZeros(hit) >>> 3) + 1;
        hit &= hit - 1;
      }
    }
    for (; at < to && count < ends.length; at++) {
      if (data.get(ValueLayout.JAVA_BYTE, at) == '\n') {
        ends[count++] = at + 1;
      }
    }
    return count;
  }

  /// Whether each record ends with a line feed and holds no other, so that its end need not be
  /// told.
  public static boolean endEach(Records records) {
    int[] ends = new int[records.count() + 1];
    int found = ends(records.data(), 0, records.sizeBytes(), ends);
    if (found != records.count()) {
      return false;
    }
    for (int i = 0; i < found; i++) {
      if (ends[i] != records.end(i)) {
        return false;
      }
    }
    return true;
  }
}
