package dev.purser.sources.logs;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// One entry of a file of Docker's log driver `local`: its length in four bytes, big endian; a
/// protobuf message `LogEntry`; the length once more. See `daemon/logger/local` and
/// `api/types/plugins/logdriver/entry.proto` in moby.
///
/// Every field's bounds are checked as far as they are in view, so that a damaged length shows at
/// once and not only where the second length would stand. Reused; used by one thread.
final class DockerLocalEntry {
  /// Answers of [#read] in place of an end.
  static final int INCOMPLETE = 0;

  static final int DAMAGED = -1;

  /// Docker's own reader takes no message that is longer.
  static final int MAX_BYTES = 1_000_000;

  static final int LENGTH_BYTES = 4;

  private static final ValueLayout.OfInt LENGTH =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /// What an entry begins with behind its length: fields 1, a string of six letters, and 2.
  private static final byte[][] HEADS = {
    {0x0a, 6, 's', 't', 'd', 'o', 'u', 't', 0x10}, {0x0a, 6, 's', 't', 'd', 'e', 'r', 'r', 0x10}
  };

  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED_32 = 5;
  private static final int MAX_VARINT_BYTES = 10;
  private static final int MAX_FIELD_NUMBER = (1 << 29) - 1;
  private static final int LAST_KNOWN_FIELD = 5;

  private MemorySegment data = MemorySegment.NULL;
  private int limit;
  private int at;
  private long varint;
  private boolean damaged;

  private boolean wellTyped;
  private int stream;
  private long timeNanos;
  private int lineStart;
  private int lineEnd;
  private boolean partial;
  private boolean last;

  /// Reads the entry that begins at `start`.
  ///
  /// @param limit up to where `data` is in view
  /// @return its end, [#INCOMPLETE] if more must come into view, or [#DAMAGED]
  int read(MemorySegment data, int start, int limit) {
    this.data = data;
    if (limit - start < LENGTH_BYTES) {
      return INCOMPLETE;
    }
    int length = data.get(LENGTH, start);
    if (length <= 0 || length > MAX_BYTES) {
      return DAMAGED;
    }
    wellTyped = true;
    stream = EntryFormat.NO_ENTRY;
    timeNanos = 0;
    partial = false;
    last = false;
    damaged = false;
    int first = start + LENGTH_BYTES;
    int end = first + length;
    lineStart = first;
    lineEnd = first;
    this.limit = Math.min(end, limit);
    at = first;
    while (at < this.limit) {
      if (!field(end)) {
        return damaged || this.limit == end ? DAMAGED : INCOMPLETE;
      }
    }
    if (limit - end < LENGTH_BYTES) {
      return INCOMPLETE;
    }
    return data.get(LENGTH, end) == length ? end + LENGTH_BYTES : DAMAGED;
  }

  /// As [EntryFormat#kind].
  int kind() {
    if (!wellTyped || stream == EntryFormat.NO_ENTRY) {
      return EntryFormat.NO_ENTRY;
    }
    return isComplete() ? stream : stream | EntryFormat.PARTIAL;
  }

  /// Whether nothing follows in another entry.
  boolean isComplete() {
    return !partial || last;
  }

  /// Nanoseconds since 1970 UTC.
  long timeNanos() {
    return timeNanos;
  }

  /// Where the line begins that the container wrote, without its line end.
  int lineStart() {
    return lineStart;
  }

  int lineEnd() {
    return lineEnd;
  }

  /// The first offset in `[from, to)` at which an entry seems to begin, or -1. It looks only at
  /// bytes that every entry of Docker's begins with, so that the answer does not depend on how much
  /// is in view.
  ///
  /// @param limit up to where `data` is in view
  static int find(MemorySegment data, int from, int to, int limit) {
    int last = Math.min(to, limit - LENGTH_BYTES - HEADS[0].length + 1);
    for (int i = from; i < last; i++) {
      if (data.get(ValueLayout.JAVA_BYTE, i + LENGTH_BYTES) == HEADS[0][0]
          && (isAt(data, i, HEADS[0]) || isAt(data, i, HEADS[1]))) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isAt(MemorySegment data, int offset, byte[] head) {
    int length = data.get(LENGTH, offset);
    if (length < head.length || length > MAX_BYTES) {
      return false;
    }
    for (int i = 0; i < head.length; i++) {
      if (data.get(ValueLayout.JAVA_BYTE, offset + LENGTH_BYTES + i) != head[i]) {
        return false;
      }
    }
    return true;
  }

  /// Goes over one field of the message, and takes what it says.
  ///
  /// @return false when it reaches out of view, out of the message, or is [#damaged]
  private boolean field(int end) {
    if (!varint()) {
      damaged = at < limit;
      return false;
    }
    long number = varint >>> 3;
    if (number == 0 || number > MAX_FIELD_NUMBER) {
      damaged = true;
      return false;
    }
    return switch ((int) varint & 7) {
      case VARINT -> number(number);
      case BYTES -> bytes(number, end);
      case FIXED_64 -> fixed(number, Long.BYTES);
      case FIXED_32 -> fixed(number, Integer.BYTES);
      default -> {
        damaged = true;
        yield false;
      }
    };
  }

  private boolean fixed(long number, int size) {
    wellTyped &= number > LAST_KNOWN_FIELD;
    at += size;
    return at <= limit;
  }

  private boolean number(long number) {
    if (!varint()) {
      damaged = at < limit;
      return false;
    }
    switch ((int) number) {
      case 2 -> timeNanos = varint;
      case 4 -> partial = varint != 0;
      case 1, 3, 5 -> wellTyped = false;
      default -> {}
    }
    return true;
  }

  private boolean bytes(long number, int end) {
    if (!varint()) {
      damaged = at < limit;
      return false;
    }
    if (varint < 0 || varint > end - at) {
      damaged = true;
      return false;
    }
    int from = at;
    int to = at + (int) varint;
    if (to > limit) {
      return false;
    }
    switch ((int) number) {
      case 1 -> stream = stream(from, to);
      case 3 -> {
        lineStart = from;
        lineEnd = to;
      }
      case 5 -> metadata(from, to);
      case 2, 4 -> wellTyped = false;
      default -> {}
    }
    at = to;
    return true;
  }

  private int stream(int from, int to) {
    if (to - from == 6) {
      if (isStream(from, HEADS[0])) {
        return EntryFormat.FULL_STDOUT;
      }
      if (isStream(from, HEADS[1])) {
        return EntryFormat.STDERR;
      }
    }
    return EntryFormat.NO_ENTRY;
  }

  private boolean isStream(int from, byte[] head) {
    for (int i = 0; i < 6; i++) {
      if (data.get(ValueLayout.JAVA_BYTE, from + i) != head[i + 2]) {
        return false;
      }
    }
    return true;
  }

  /// `PartialLogEntryMetadata`, of which only `last` counts.
  private void metadata(int from, int to) {
    int outer = limit;
    limit = to;
    at = from;
    while (at < limit && wellTyped) {
      wellTyped = varint();
      long key = varint;
      if (wellTyped && (key & 7) == VARINT) {
        wellTyped = varint();
        last = key >>> 3 == 1 ? varint != 0 : last;
      } else if (wellTyped && (key & 7) == BYTES) {
        wellTyped = varint() && varint >= 0 && varint <= limit - at;
        at += wellTyped ? (int) varint : 0;
      } else {
        wellTyped = false;
      }
    }
    limit = outer;
  }

  /// Reads a number. When it does not end, [#at] is in front of [#limit] if it is too long.
  private boolean varint() {
    varint = 0;
    for (int i = 0; i < MAX_VARINT_BYTES; i++) {
      if (at >= limit) {
        return false;
      }
      byte b = data.get(ValueLayout.JAVA_BYTE, at++);
      varint |= (b & 0x7fL) << (7 * i);
      if (b >= 0) {
        return true;
      }
    }
    return false;
  }
}
