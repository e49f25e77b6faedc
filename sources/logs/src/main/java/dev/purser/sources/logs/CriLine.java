package dev.purser.sources.logs;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The prefix of a line as container runtimes write it (CRI): `<time> stdout|stderr P|F[:tag…]
/// <content>`.
final class CriLine {
  /// Answers of [#kind]: bit 0 says that the rest follows in another line, bit 1 that it is stderr.
  static final int FULL_STDOUT = 0;

  static final int PARTIAL = 1;
  static final int STDERR = 2;
  static final int NO_CRI = 4;

  /// Of a time with nanoseconds in UTC, as containerd and CRI-O write it.
  private static final int TIME_LENGTH = 30;

  private static final int MAX_TIME_LENGTH = 40;
  private static final String STREAM_FORM = " stdout F";

  private CriLine() {}

  /// What kind of line `data[start, end)` is.
  static int kind(MemorySegment data, int start, int end) {
    if (isSpace(data, start + TIME_LENGTH, end)
        && data.get(ValueLayout.JAVA_BYTE, start + TIME_LENGTH - 1L) == 'Z') {
      return kindBehindTime(data, start + TIME_LENGTH, end);
    }
    int last = Math.min(end, start + MAX_TIME_LENGTH);
    for (int i = start; i < last; i++) {
      if (isSpace(data, i, end)) {
        return kindBehindTime(data, i, end);
      }
    }
    return NO_CRI;
  }

  private static boolean isSpace(MemorySegment data, int at, int end) {
    return at < end && data.get(ValueLayout.JAVA_BYTE, at) == ' ';
  }

  private static int kindBehindTime(MemorySegment data, int space, int end) {
    if (end - space < STREAM_FORM.length() || data.get(ValueLayout.JAVA_BYTE, space + 7L) != ' ') {
      return NO_CRI;
    }
    int kind =
        switch (data.get(ValueLayout.JAVA_BYTE, space + 4L)) {
          case 'o' -> FULL_STDOUT;
          case 'e' -> STDERR;
          default -> NO_CRI;
        };
    if (kind == NO_CRI) {
      return NO_CRI;
    }
    return switch (data.get(ValueLayout.JAVA_BYTE, space + 8L)) {
      case 'F' -> kind;
      case 'P' -> kind | PARTIAL;
      default -> NO_CRI;
    };
  }
}
