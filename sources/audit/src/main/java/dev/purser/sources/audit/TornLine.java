package dev.purser.sources.audit;

import dev.purser.core.json.JsonScanner;
import dev.purser.core.table.MalformedRecordException;
import java.lang.foreign.MemorySegment;

/// Finds the whole event behind a torn one. Where the API server dies or its disk is full in the
/// middle of a write, the bytes written so far stay, and the next event is appended right behind
/// them, on the same line.
///
/// Anybody can have the text with which events begin written into a line: inside of a request's
/// body. So a line that is JSON as a whole is never split, and another one only in front of an
/// event that reaches from its marker to the line's end, complete and valid. There is at most one
/// such place: were there two, the first event would hold the second, and have to close behind it.
/// For the same reason no text in front of a tear can pass for an event: it would have to hold the
/// event behind the tear, and close behind it.
///
/// Not thread-safe.
final class TornLine {
  /// Several torn events of the deepest kind on one line.
  private static final int MAX_DEPTH = 16 * AuditDecoder.MAX_DEPTH;

  /// A marker within a string is noticed behind its first quote, two bytes behind where it begins.
  private static final int NOTICED_LATE = 2;

  private final JsonScanner scanner = new JsonScanner(MAX_DEPTH);

  /// Where the whole event begins behind torn bytes in the line `bytes[from, to)`, or -1 if the
  /// line is valid or has none. Linear in the length of the line.
  int split(byte[] bytes, int from, int to) {
    int start = from;
    while (start >= 0) {
      if (isWhole(bytes, start, to)) {
        return start == from ? -1 : start;
      }
      int failed = scanner.position();
      if (failed >= to) {
        return lastClosed(bytes, start, to);
      }
      // Every marker that was passed as JSON fails at the same place, or closed in front of it.
      start =
          Marker.find(MemorySegment.ofArray(bytes), Math.max(start + 1, failed - NOTICED_LATE), to);
    }
    return -1;
  }

  /// The object that began at `start` is still open at the end of the line: the whole event, if
  /// any, is the value within it that closed last.
  private int lastClosed(byte[] bytes, int start, int to) {
    int closed = scanner.lastClosed();
    boolean marked =
        closed > start
            && Marker.find(
                    MemorySegment.ofArray(bytes),
                    closed,
                    Math.min(to, closed + Marker.BYTES.length))
                == closed;
    return marked && isWhole(bytes, closed, to) ? closed : -1;
  }

  private boolean isWhole(byte[] bytes, int from, int to) {
    scanner.reset(bytes, from, to);
    try {
      scanner.skipValue();
      scanner.finish();
      return true;
    } catch (MalformedRecordException e) {
      return false;
    }
  }
}
