package dev.purser.sources.audit;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// How every event begins that the API server writes.
final class Marker {
  static final byte[] BYTES =
      "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/".getBytes(StandardCharsets.US_ASCII);

  private static final int LAST = BYTES.length - 1;
  private static final int[] SHIFTS = shifts();

  private Marker() {}

  /// Where the marker next begins in `data[from, to)`, or -1 (Horspool's search: of ordinary text
  /// it looks at one byte in forty).
  static int find(MemorySegment data, int from, int to) {
    int at = from;
    while (at + LAST < to) {
      byte last = data.get(ValueLayout.JAVA_BYTE, at + LAST);
      if (last == BYTES[LAST] && isAt(data, at)) {
        return at;
      }
      at += SHIFTS[last & 0xFF];
    }
    return -1;
  }

  private static boolean isAt(MemorySegment data, int at) {
    for (int i = 0; i < LAST; i++) {
      if (data.get(ValueLayout.JAVA_BYTE, at + i) != BYTES[i]) {
        return false;
      }
    }
    return true;
  }

  /// How far the search may go on, by the byte under the marker's last one.
  private static int[] shifts() {
    int[] shifts = new int[256];
    Arrays.fill(shifts, BYTES.length);
    for (int i = 0; i < LAST; i++) {
      shifts[BYTES[i] & 0xFF] = LAST - i;
    }
    return shifts;
  }
}
