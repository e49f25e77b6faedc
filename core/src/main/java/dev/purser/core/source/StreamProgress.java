package dev.purser.core.source;

import java.util.Map;

/// How far the reading of a stream has come.
///
/// @param subject what it is of: `file`, `namespace`, `pod`, `pod_uid`, `container` and
///   `container_id` as far as they are known; or `cluster`
/// @param readBytes offset up to which it was read, or -1 where its positions are no offsets
/// @param sizeBytes how many bytes it has now, or -1 where that is unknown
/// @param oldestUnreadMicros since when its oldest unread byte may be waiting; 0 when nothing waits
public record StreamProgress(
    String streamId,
    Map<String, String> subject,
    long readBytes,
    long sizeBytes,
    long oldestUnreadMicros) {
  public long lagBytes() {
    return sizeBytes < 0 ? -1 : Math.max(0, sizeBytes - readBytes);
  }
}
