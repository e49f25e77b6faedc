package dev.purser.sources.logs;

import dev.purser.sources.logs.multiline.Line;
import dev.purser.sources.logs.multiline.Line.Role;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Entries of Docker's log driver `local`, each of which holds a line without its line end.
final class DockerLocalForm implements LineForm {

  @Override
  public void read(MemorySegment data, int start, int end, Line line) {
    DockerLocalEntry entry = new DockerLocalEntry();
    int kind = entry.read(data, start, end) > start ? entry.kind() : EntryFormat.NO_ENTRY;
    if (kind == EntryFormat.NO_ENTRY) {
      line.set(data, start, start, 0, false, Role.ALONE);
      return;
    }
    boolean goesOn = (kind & EntryFormat.PARTIAL) != 0;
    int from = entry.lineStart();
    int to = entry.lineEnd();
    boolean hasReturn = !goesOn && to > from && data.get(ValueLayout.JAVA_BYTE, to - 1L) == '\r';
    int stream = (kind & EntryFormat.STDERR) == 0 ? 0 : 1;
    line.set(data, from, hasReturn ? to - 1 : to, stream, goesOn, Role.TEXT);
  }

  @Override
  public int ends(
      MemorySegment data, int from, int to, boolean finished, int maxRecordBytes, int[] ends) {
    return DockerLocalFormat.ends(data, from, to, finished, maxRecordBytes, ends);
  }
}
