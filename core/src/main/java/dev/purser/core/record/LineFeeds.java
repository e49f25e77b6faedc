package dev.purser.core.record;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Finds line feeds, 32 bytes at a time. The inner loop asks only whether there is a control
/// character among them, which is one operation a word cheaper than to ask for line feeds.
public final class LineFeeds {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int BLOCK = 4 * Long.BYTES;

  /// How many more ends than there are an array should hold, so that all are found by the block.
  public static final int ROOM = BLOCK;

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long LOWS = ~HIGHS;
  private static final long FEEDS = '\n' * ONES;
  private static final long SPACES = ' ' * ONES;

  private LineFeeds() {}

  /// Writes into `ends` the offset behind each line end of `data[from, to)`, until `ends` is full.
  /// Quick as long as `ends` has [#ROOM] for more.
  ///
  /// @return how many were written
  public static int ends(MemorySegment data, int from, int to, int[] ends) {
    int count = 0;
    int i = from;
    while (count <= ends.length - BLOCK) {
      i = nextWithControl(data, i, to);
      if (i > to - BLOCK) {
        break;
      }
      for (int word = 0; word < BLOCK; word += Long.BYTES) {
        count = collect(zeros(data.get(LONG, i + word) ^ FEEDS), i + word, ends, count);
      }
      i += BLOCK;
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
    int[] ends = new int[records.count() + ROOM];
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

  /// The first whole block from `from` on that may hold a byte below the space; where none is left,
  /// an offset less than a block in front of `to`.
  private static int nextWithControl(MemorySegment data, int from, int to) {
    int i = from;
    for (; i <= to - BLOCK; i += BLOCK) {
      long a = data.get(LONG, i);
      long b = data.get(LONG, i + 8L);
      long c = data.get(LONG, i + 16L);
      long d = data.get(LONG, i + 24L);
      if (((((a - SPACES) & ~a) | ((b - SPACES) & ~b) | ((c - SPACES) & ~c) | ((d - SPACES) & ~d))
              & HIGHS)
          != 0) {
        break;
      }
    }
    return i;
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
