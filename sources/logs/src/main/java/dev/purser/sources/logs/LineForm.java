package dev.purser.sources.logs;

import dev.purser.core.record.LineFeeds;
import dev.purser.sources.logs.multiline.Line;
import java.lang.foreign.MemorySegment;

/// How the lines of a file carry the lines that a program printed. Keeps no state, and is used by
/// several threads at once.
interface LineForm {
  /// Reads the line `data[start, end)`, or the first of a record of several; its line end may be
  /// missing. Of a long one it may read the first [Line#MAX_BYTES] only.
  ///
  /// Where [Line.Role#REST] is an answer, a line behind such a one is given together with it too.
  void read(MemorySegment data, int start, int end, Line line);

  /// Writes the ends of the complete lines of `data[from, to)` into `ends`, as far as there is room
  /// in it; a line begins at `from`.
  ///
  /// @param finished nothing will follow
  /// @return how many were written
  default int ends(
      MemorySegment data, int from, int to, boolean finished, int maxRecordBytes, int[] ends) {
    return LineFeeds.ends(data, from, to, ends);
  }
}
