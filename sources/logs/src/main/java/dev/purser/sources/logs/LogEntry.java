package dev.purser.sources.logs;

import dev.purser.core.table.MalformedRecordException;

/// One entry of a container's log, taken apart: a view of the bytes that a [Reader] read last.
/// Reused; used by one thread.
final class LogEntry {
  /// When it was written, microseconds since 1970 UTC.
  long timeMicros;

  boolean stderr;

  /// What the container wrote, without its line end.
  int contentStart;

  int contentEnd;

  /// Whether the content has JSON's escapes.
  boolean escaped;

  /// Whether the line ends with it.
  boolean complete;

  /// Takes the entries of one format apart. Used by one thread.
  interface Reader {
    /// Reads the entry that begins at `from`, which is less than `to`.
    ///
    /// @return where it ends
    int read(byte[] bytes, int from, int to, LogEntry entry) throws MalformedRecordException;
  }
}
