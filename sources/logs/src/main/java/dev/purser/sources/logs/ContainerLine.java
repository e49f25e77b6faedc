package dev.purser.sources.logs;

import dev.purser.core.record.LineFeeds;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Lines as container runtimes write them: CRI's `<time> stdout|stderr P|F[:tag…] <content>`, and
/// those of [Docker's json-file][JsonFileLine], told apart line by line.
final class ContainerLine implements EntryFormat {
  /// Of a time with nanoseconds in UTC, as containerd and CRI-O write it.
  private static final int TIME_LENGTH = 30;

  /// That many bytes are no time.
  static final int MAX_TIME_LENGTH = 40;

  private static final int STREAM_NAME_LENGTH = 6;
  private static final String STREAM_FORM = " stdout F";
  private static final LineSplitter LINES = new LineSplitter();

  @Override
  public boolean endsWithLineFeeds() {
    return true;
  }

  @Override
  public int ends(MemorySegment data, int length, boolean finished, Cuts cuts) {
    return LineFeeds.ends(data, 0, length, cuts.ends());
  }

  @Override
  public void cut(MemorySegment data, int length, boolean finished, Cuts cuts) {
    LINES.split(data, length, finished, cuts);
  }

  @Override
  public int kind(MemorySegment data, int start, int end) {
    if (data.get(ValueLayout.JAVA_BYTE, start) == '{') {
      return JsonFileLine.kind(data, start, end);
    }
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
    return NO_ENTRY;
  }

  /// Where the content begins of the line of CRI `data[start, end)`.
  static int content(MemorySegment data, int start, int end) {
    int usual = start + TIME_LENGTH + STREAM_FORM.length();
    if (isSpace(data, start + TIME_LENGTH, end) && isSpace(data, usual, end)) {
      return usual + 1;
    }
    int i = start;
    for (int spaces = 0; i < end && spaces < 3; i++) {
      byte b = data.get(ValueLayout.JAVA_BYTE, i);
      if (b == ' ') {
        spaces++;
        i += spaces == 1 ? STREAM_NAME_LENGTH : 0;
      } else if (b == '\n') {
        return i;
      }
    }
    return Math.min(i, end);
  }

  private static boolean isSpace(MemorySegment data, int at, int end) {
    return at < end && data.get(ValueLayout.JAVA_BYTE, at) == ' ';
  }

  private static int kindBehindTime(MemorySegment data, int space, int end) {
    if (end - space < STREAM_FORM.length() || data.get(ValueLayout.JAVA_BYTE, space + 7L) != ' ') {
      return NO_ENTRY;
    }
    int kind =
        switch (data.get(ValueLayout.JAVA_BYTE, space + 4L)) {
          case 'o' -> FULL_STDOUT;
          case 'e' -> STDERR;
          default -> NO_ENTRY;
        };
    if (kind == NO_ENTRY) {
      return NO_ENTRY;
    }
    return switch (data.get(ValueLayout.JAVA_BYTE, space + 8L)) {
      case 'F' -> kind;
      case 'P' -> kind | PARTIAL;
      default -> NO_ENTRY;
    };
  }
}
