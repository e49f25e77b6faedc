package dev.purser.core.record;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Finds line feeds, 32 bytes at a time.
public final class LineFeeds {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long LOWS = ~HIGHS;
  private static final long FEEDS = '\n' * ONES;

  private LineFeeds() {}

  /// Writes into `ends` the offset behind each line end of `data[from, to)`, until `ends` is full.
  ///
  /// @return how many were written
  public static int ends(MemorySegment data, int from, int to, int[] ends) {
    int count = 0;
    int i = from;
    while (i <= to - 32 && count <= ends.length - 32) {
      long a = data.get(LONG, i) ^ FEEDS;
      long b = data.get(LONG, i + 8L) ^ FEEDS;
      long c = data.get(LONG, i + 16L) ^ FEEDS;
      long d = data.get(LONG, i + 24L) ^ FEEDS;
      if (((((a - ONES) & ~a) | ((b - ONES) & ~b) | ((c - ONES) & ~c) | ((d - ONES) & ~d)) & HIGHS)
          != 0) {
        count = collect(zeros(a), i, ends, count);
        count = collect(zeros(b), i + 8, ends, count);
        count = collect(zeros(c), i + 16, ends, count);
        count = collect(zeros(d), i + 24, ends, count);
      }
      i += 32;
    }
    for (; i < to && count < ends.length; i++) {
      if (data.get(ValueLayout.JAVA_BYTE, i) == '\n') {
        ends[count++] = i + 1;
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

  /// The high bit of each byte that is zero, and of no other: no borrow runs into the next byte.
  private static long zeros(long word) {
    return ~(((word & LOWS) + LOWS) | word | LOWS);
  }

  private static int collect(long marks, int offset, int[] ends, int count) {
    int n = count;
    for (long rest = marks; rest != 0; rest &= rest - 1) {
      ends[n++] = offset + (Long.numberOfTrailingZeros(rest) >>> 3) + 1;
    }
    return n;
  }
}
