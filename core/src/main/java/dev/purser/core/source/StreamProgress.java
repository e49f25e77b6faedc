package dev.purser.core.source;

import dev.purser.core.record.Stream;

/// How far the reading of a stream has come.
///
/// @param readBytes offset up to which it was read, or -1 where its positions are no offsets
/// @param sizeBytes how many bytes it has now, or -1 where that is unknown
/// @param oldestUnreadMicros since when its oldest unread byte may be waiting; 0 when nothing waits
public record StreamProgress(
    Stream stream, long readBytes, long sizeBytes, long oldestUnreadMicros) {
  public long lagBytes() {
    return sizeBytes < 0 ? -1 : Math.max(0, sizeBytes - readBytes);
  }
}
