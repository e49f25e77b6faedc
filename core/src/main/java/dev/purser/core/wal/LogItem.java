package dev.purser.core.wal;

import java.nio.ByteBuffer;

/// What a reader of the log meets.
public sealed interface LogItem {
  /// Offset of its first byte.
  long offset();

  /// Offset behind it.
  long next();

  /// An entry.
  ///
  /// @param timeMicros ingest time, microseconds since 1970 UTC
  /// @param payload as it was appended
  record Entry(long offset, long next, long timeMicros, ByteBuffer payload) implements LogItem {}

  /// A range that does not check out and is skipped.
  ///
  /// @param timeMicros ingest time of the entry before, or of the segment
  /// @param isKept whether the log's quarantine has a copy of it
  record Damage(long offset, long next, long timeMicros, boolean isKept) implements LogItem {}
}
