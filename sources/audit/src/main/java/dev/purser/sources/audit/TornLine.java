package dev.purser.sources.audit;

import dev.purser.core.json.JsonScanner;
import dev.purser.core.table.MalformedRecordException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

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
  /// How every event begins that the API server writes.
  static final byte[] MARKER =
      "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/".getBytes(StandardCharsets.US_ASCII);

  /// Several torn events of the deepest kind on one line.
  private static final int MAX_DEPTH = 16 * AuditDecoder.MAX_DEPTH;

  /// A marker within a string is noticed behind its first quote, two bytes behind where it begins.
  private static final int NOTICED_LATE = 2;

  private static final int[] SHIFTS = shifts();

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
      start = find(bytes, Math.max(start + 1, failed - NOTICED_LATE), to);
    }
    return -1;
  }

  /// The object that began at `start` is still open at the end of the line: the whole event, if
  /// any, is the value within it that closed last.
  private int lastClosed(byte[] bytes, int start, int to) {
    int closed = scanner.lastClosed();
    boolean marked =
        closed > start && find(bytes, closed, Math.min(to, closed + MARKER.length)) == closed;
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

  /// Where the marker next begins in `bytes[from, to)`, or -1 (Horspool's search).
  private static int find(byte[] bytes, int from, int to) {
    int last = MARKER.length - 1;
    for (int at = from; at + last < to; at += SHIFTS[bytes[at + last] & 0xFF]) {
      if (bytes[at + last] == MARKER[last]
          && Arrays.equals(bytes, at, at + last, MARKER, 0, last)) {
        return at;
      }
    }
    return -1;
  }

  /// How far the search may go on, by the byte under the marker's last one.
  static int[] shifts() {
    int[] shifts = new int[256];
    Arrays.fill(shifts, MARKER.length);
    for (int i = 0; i < MARKER.length - 1; i++) {
      shifts[MARKER[i] & 0xFF] = MARKER.length - 1 - i;
    }
    return shifts;
  }
}
