package dev.purser.sources.logs;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// A line of Docker's log driver json-file:
/// `{"log":"…\n","stream":"stdout","attrs":{…},"time":"…"}`, see `daemon/logger/jsonfilelog` in
/// moby. Docker cuts what a container writes at 16 KB; the `log` of all pieces but the last has no
/// line feed at its end.
///
/// The keys may stand in any order, others are passed over, of equal ones the last counts. Nothing
/// is checked here that does not tell where a record ends: the decoder has the last word.
final class JsonFileLine {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final String FIRST = "{\"log\":\"";
  private static final int NONE = -1;

  private JsonFileLine() {}

  /// As [EntryFormat#kind]; `data[start]` is `{`.
  static int kind(MemorySegment data, int start, int end) {
    int stream = EntryFormat.NO_ENTRY;
    boolean partial = true;
    int at = start;
    do {
      int name = white(data, at + 1, end) + 1;
      int nameEnd = name - 1 < end && byteAt(data, name - 1) == '"' ? quote(data, name, end) : NONE;
      if (nameEnd == NONE) {
        return EntryFormat.NO_ENTRY;
      }
      int colon = white(data, nameEnd + 1, end);
      int value = white(data, colon + 1, end);
      if (value >= end || byteAt(data, colon) != ':') {
        return EntryFormat.NO_ENTRY;
      }
      boolean isString = byteAt(data, value) == '"';
      int valueEnd = isString ? quote(data, value + 1, end) : skip(data, value, end);
      if (valueEnd == NONE) {
        return EntryFormat.NO_ENTRY;
      }
      if (isText(data, name, nameEnd, "log")) {
        if (!isString) {
          return EntryFormat.NO_ENTRY;
        }
        partial = !endsWithLineFeed(data, value + 1, valueEnd);
      } else if (isText(data, name, nameEnd, "stream")) {
        stream = isString ? stream(data, value + 1, valueEnd) : EntryFormat.NO_ENTRY;
        if (stream == EntryFormat.NO_ENTRY) {
          return EntryFormat.NO_ENTRY;
        }
      }
      at = white(data, isString ? valueEnd + 1 : valueEnd, end);
    } while (at < end && byteAt(data, at) == ',');
    if (stream == EntryFormat.NO_ENTRY
        || at >= end
        || byteAt(data, at) != '}'
        || white(data, at + 1, end) < end) {
      return EntryFormat.NO_ENTRY;
    }
    return partial ? stream | EntryFormat.PARTIAL : stream;
  }

  /// The text of `log` in the line `data[start, end)`, escapes and all, if it stands first, as
  /// Docker writes it.
  ///
  /// @param target gets its first bytes
  /// @return how many it got, without half an escape; and without the line end, if it got it all
  static int log(MemorySegment data, int start, int end, byte[] target) {
    int from = start + FIRST.length();
    if (end < from || !isText(data, start, from, FIRST)) {
      return 0;
    }
    int to = quote(data, from, end);
    if (to == NONE) {
      return 0;
    }
    to = endsWithLineFeed(data, from, to) ? to - 2 : to;
    int last = Math.min(to, from + target.length);
    int at = from;
    while (at < last) {
      int next = at + (byteAt(data, at) != '\\' ? 1 : byteAt(data, at + 1) == 'u' ? 6 : 2);
      if (next > last) {
        break;
      }
      at = next;
    }
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, from, target, 0, at - from);
    return at - from;
  }

  private static byte byteAt(MemorySegment data, int at) {
    return data.get(ValueLayout.JAVA_BYTE, at);
  }

  private static int white(MemorySegment data, int from, int end) {
    int at = from;
    while (at < end) {
      byte b = byteAt(data, at);
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        break;
      }
      at++;
    }
    return at;
  }

  /// Where the string ends whose text begins at `from`, or [#NONE].
  private static int quote(MemorySegment data, int from, int end) {
    int at = from;
    while (true) {
      at = plain(data, at, end);
      if (at >= end) {
        return NONE;
      }
      byte b = byteAt(data, at);
      if (b == '"') {
        return at;
      }
      if (b >= 0 && b < ' ') {
        return NONE;
      }
      at += b == '\\' ? 2 : 1;
    }
  }

  /// Goes on as long as eight bytes hold no quote, no backslash and no control character.
  private static int plain(MemorySegment data, int from, int end) {
    int at = from;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      long word = data.get(LONG, at);
      long quote = word ^ ('"' * ONES);
      long backslash = word ^ ('\\' * ONES);
      long hits =
          (((quote - ONES) & ~quote)
                  | ((backslash - ONES) & ~backslash)
                  | ((word - ' ' * ONES) & ~word))
              & HIGHS;
      if (hits != 0) {
        return at + (Long.numberOfTrailingZeros(hits) >>> 3);
      }
    }
    return at;
  }

  /// Where the number, object or array ends that begins at `from`, or [#NONE].
  private static int skip(MemorySegment data, int from, int end) {
    int depth = 0;
    int at = from;
    while (at < end) {
      switch (byteAt(data, at)) {
        case '"' -> {
          at = quote(data, at + 1, end);
          if (at == NONE) {
            return NONE;
          }
        }
        case '{', '[' -> depth++;
        case '}', ']' -> {
          if (depth == 0) {
            return at;
          }
          depth--;
        }
        case ',' -> {
          if (depth == 0) {
            return at;
          }
        }
        default -> {}
      }
      at++;
    }
    return NONE;
  }

  private static boolean isText(MemorySegment data, int from, int to, String text) {
    if (to - from != text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (byteAt(data, from + i) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int stream(MemorySegment data, int from, int to) {
    if (isText(data, from, to, "stdout")) {
      return EntryFormat.FULL_STDOUT;
    }
    return isText(data, from, to, "stderr") ? EntryFormat.STDERR : EntryFormat.NO_ENTRY;
  }

  /// Whether the text ends with `\n`, the backslash of which is not itself escaped.
  private static boolean endsWithLineFeed(MemorySegment data, int from, int to) {
    if (to - from < 2 || byteAt(data, to - 1) != 'n') {
      return false;
    }
    int first = to - 1;
    while (first > from && byteAt(data, first - 1) == '\\') {
      first--;
    }
    return (to - 1 - first) % 2 == 1;
  }
}
