package dev.purser.sources.logs;

import dev.purser.core.json.JsonText;
import dev.purser.sources.logs.multiline.Line;
import dev.purser.sources.logs.multiline.Line.Role;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Lines of containers: what stands behind CRI's `<time> stdout|stderr P|F `, or as `log` in
/// Docker's json-file.
final class ContainerForm implements LineForm {
  private static final ContainerLine LINES = new ContainerLine();

  @Override
  public void read(MemorySegment data, int start, int end, Line line) {
    boolean isRest = start < end && data.get(ValueLayout.JAVA_BYTE, start) == '\n';
    int from = isRest ? start + 1 : start;
    if (isRest && from == end) {
      line.set(data, end, end, 0, false, Role.REST);
      return;
    }
    int to = PlainForm.contentEnd(data, from, end);
    if (to == end) {
      line.set(data, from, from, 0, false, Role.PIECE);
      return;
    }
    boolean json = data.get(ValueLayout.JAVA_BYTE, from) == '{';
    // Only CRI's kind and content are told by the beginning of a record of several lines.
    int lineEnd = json ? lineFeed(data, from, end) + 1 : end;
    int kind = LINES.kind(data, from, lineEnd);
    if (kind == EntryFormat.NO_ENTRY) {
      line.set(data, from, from, 0, false, Role.ALONE);
      return;
    }
    boolean goesOn = (kind & EntryFormat.PARTIAL) != 0;
    int stream = (kind & EntryFormat.STDERR) == 0 ? 0 : 1;
    if (json) {
      int length = unescape(data, from, lineEnd, line);
      line.set(line.scratch(), 0, length, stream, goesOn, Role.TEXT);
      return;
    }
    int content = ContainerLine.content(data, from, end);
    line.set(
        data,
        content,
        goesOn
            ? lineFeed(data, content, Math.min(end, content + Line.MAX_BYTES))
            : Math.max(content, to),
        stream,
        goesOn,
        Role.TEXT);
  }

  /// @return how much of its scratch the line's text takes
  private static int unescape(MemorySegment data, int from, int end, Line line) {
    byte[] escaped = new byte[Line.MAX_BYTES];
    byte[] plain = new byte[Line.MAX_BYTES];
    int length = JsonText.unescape(escaped, 0, JsonFileLine.log(data, from, end, escaped), plain);
    MemorySegment.copy(plain, 0, line.scratch(), ValueLayout.JAVA_BYTE, 0, length);
    return length;
  }

  /// The first line feed in `[from, end)`, or `end`.
  private static int lineFeed(MemorySegment data, int from, int end) {
    for (int i = from; i < end; i++) {
      if (data.get(ValueLayout.JAVA_BYTE, i) == '\n') {
        return i;
      }
    }
    return end;
  }
}
