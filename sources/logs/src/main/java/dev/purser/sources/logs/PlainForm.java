package dev.purser.sources.logs;

import dev.purser.sources.logs.multiline.Line;
import dev.purser.sources.logs.multiline.Line.Role;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Lines as they are.
final class PlainForm implements LineForm {

  @Override
  public void read(MemorySegment data, int start, int end, Line line) {
    int to = contentEnd(data, start, end);
    Role role = to == end ? Role.PIECE : to == start ? Role.EMPTY : Role.TEXT;
    line.set(data, start, to, 0, false, role);
  }

  /// Where the line ends without `\n` or `\r\n`.
  static int contentEnd(MemorySegment data, int start, int end) {
    if (end == start || data.get(ValueLayout.JAVA_BYTE, end - 1L) != '\n') {
      return end;
    }
    boolean hasReturn = end - start > 1 && data.get(ValueLayout.JAVA_BYTE, end - 2L) == '\r';
    return hasReturn ? end - 2 : end - 1;
  }
}
