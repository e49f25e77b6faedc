package dev.purser.core.record;

import dev.purser.core.text.Cut;
import org.jspecify.annotations.Nullable;

/// A loss, known or possible, in the place where the lost records would stand. It takes one
/// sequence number.
///
/// @param from first position that may be lost
/// @param to where the stream goes on
/// @param lost how many records were lost; null when unknown
/// @param timeMicros when the loss was noticed, microseconds since 1970 UTC
/// @param detail in words; what is longer than [#MAX_DETAIL_CHARACTERS] is cut
public record Gap(
    Reason reason, Position from, Position to, @Nullable Long lost, long timeMicros, String detail)
    implements Payload {
  public static final int MAX_DETAIL_CHARACTERS = 16_384;

  public Gap {
    detail = Cut.to(MAX_DETAIL_CHARACTERS, detail);
  }

  /// Why something may be missing. The names are stored: add, never rename.
  public enum Reason {
    /// A file went before its end was read.
    DELETED_UNREAD,
    /// A file was truncated and no copy of what it held was found.
    TRUNCATED,
    /// A watch could not resume where it was left (410 Gone), or a relist showed missed changes.
    WATCH_EXPIRED,
    /// Bytes that are no record, kept in `raw`; nothing else is lost.
    MALFORMED,
    /// A damaged range of the hub's write-ahead log.
    WAL_DAMAGED,
    /// What follows in a compressed file cannot be decompressed.
    FILE_DAMAGED,
    /// A container ran and is gone, and no agent ever saw its log file.
    NEVER_SEEN;

    /// The name as stored and shown: lower case with underscores.
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  @Override
  public int count() {
    return 1;
  }
}
