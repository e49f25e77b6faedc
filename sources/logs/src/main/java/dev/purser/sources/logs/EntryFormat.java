package dev.purser.sources.logs;

import java.lang.foreign.MemorySegment;

/// How the entries of a container's log lie in its file: what [ContainerSplitter] joins to records.
/// Keeps no state.
interface EntryFormat {
  /// Answers of [#kind]: bit 0 says that the rest follows in another entry, bit 1 that it is
  /// stderr.
  int FULL_STDOUT = 0;

  int PARTIAL = 1;
  int STDERR = 2;
  int NO_ENTRY = 4;

  /// Whether each entry ends with a line feed.
  boolean endsWithLineFeeds();

  /// Writes the ends of the complete entries of `data[0, length)` into [Cuts#ends], and of what
  /// lies between them; the first begins at 0.
  ///
  /// @param finished nothing will follow
  /// @return how many were written
  int ends(MemorySegment data, int length, boolean finished, Cuts cuts);

  /// What `data[start, end)` is, which is not empty and one of those that [#ends] found.
  int kind(MemorySegment data, int start, int end);

  /// Takes `data[0, length)` as far as it has no complete entry of a size within the limit, as a
  /// [Splitter] does.
  void cut(MemorySegment data, int length, boolean finished, Cuts cuts);
}
