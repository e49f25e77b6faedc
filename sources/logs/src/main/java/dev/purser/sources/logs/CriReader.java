package dev.purser.sources.logs;

import dev.purser.core.json.Rfc3339;
import dev.purser.core.table.MalformedRecordException;

/// Takes lines of CRI apart: `<time> stdout|stderr P|F[:tag…] <content>`. Keeps no state.
final class CriReader implements LogEntry.Reader {
  private static final int STREAM_LENGTH = 6;

  @Override
  public int read(byte[] bytes, int from, int to, LogEntry entry) throws MalformedRecordException {
    int end = lineEnd(bytes, from, to);
    boolean terminated = bytes[end - 1] == '\n';
    int contentEnd = terminated ? end - 1 : end;
    int timeEnd = space(bytes, from, contentEnd);
    int tag = space(bytes, timeEnd + 1, contentEnd) + 1;
    // What is longer was no line to the splitter either.
    entry.timeMicros =
        timeEnd - from < ContainerLine.MAX_TIME_LENGTH
            ? Rfc3339.micros(bytes, from, timeEnd)
            : Rfc3339.NONE;
    if (entry.timeMicros == Rfc3339.NONE) {
      throw new MalformedRecordException(
          "container log: expected a time in front of stdout or stderr");
    }
    entry.stderr = isStderr(bytes, timeEnd + 1, tag - 1);
    if (tag >= contentEnd || (bytes[tag] != 'F' && bytes[tag] != 'P')) {
      throw new MalformedRecordException("container log: expected F or P behind stdout or stderr");
    }
    int content = tag;
    while (content < contentEnd && bytes[content] != ' ') {
      content++;
    }
    entry.contentStart = Math.min(content + 1, contentEnd);
    entry.contentEnd = contentEnd;
    entry.escaped = false;
    entry.complete = terminated && bytes[tag] == 'F';
    return end;
  }

  private static boolean isStderr(byte[] bytes, int from, int to) throws MalformedRecordException {
    if (to - from == STREAM_LENGTH) {
      if (matches(bytes, from, "stdout")) {
        return false;
      }
      if (matches(bytes, from, "stderr")) {
        return true;
      }
    }
    throw new MalformedRecordException("container log: expected stdout or stderr behind the time");
  }

  private static boolean matches(byte[] bytes, int from, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (bytes[from + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /// Behind the line feed, or `to`.
  static int lineEnd(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == '\n') {
        return i + 1;
      }
    }
    return to;
  }

  private static int space(byte[] bytes, int from, int to) throws MalformedRecordException {
    for (int i = from; i < to; i++) {
      if (bytes[i] == ' ') {
        return i;
      }
    }
    throw new MalformedRecordException(
        "container log: expected \"<time> stdout|stderr P|F <content>\"");
  }
}
