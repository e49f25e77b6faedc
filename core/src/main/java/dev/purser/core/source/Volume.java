package dev.purser.core.source;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// What became of the bytes of one container, or of one file, over all the files that were rotated,
/// truncated or deleted: in bytes since its source found it, in this run of the agent.
///
/// @param subject what it is of: `namespace`, `pod`, `pod_uid`, `container`; or `source`, `file`
/// @param writtenBytes how many were written to it
/// @param readBytes how many of these were read
/// @param deliveredBytes how many of these the hub has on disk
/// @param lostBytes how many of those written were not read and never will be: a gap says so
/// @param unendedBytes how many of those not read are the beginning of a record, of which the end
///   was not written yet
/// @param oldestUnreadMicros since when its oldest unread byte may be waiting; 0 when nothing waits
public record Volume(
    Map<String, String> subject,
    long writtenBytes,
    long readBytes,
    long deliveredBytes,
    long lostBytes,
    long unendedBytes,
    long oldestUnreadMicros) {

  public Volume {
    subject = Map.copyOf(subject);
  }

  /// All that the sources know, by subject: what several read of one container stands together.
  public static Map<Map<String, String>, Volume> of(List<Source> sources) {
    return sources.stream()
        .flatMap(source -> source.volumes().stream())
        .collect(Collectors.toMap(Volume::subject, volume -> volume, Volume::plus));
  }

  /// Those that wait to be read.
  public long unreadBytes() {
    return writtenBytes - readBytes - lostBytes;
  }

  /// Those that would be gone with this machine.
  public long undeliveredBytes() {
    return writtenBytes - deliveredBytes - lostBytes;
  }

  /// Both together.
  public Volume plus(Volume other) {
    long oldest =
        oldestUnreadMicros == 0 || other.oldestUnreadMicros == 0
            ? Math.max(oldestUnreadMicros, other.oldestUnreadMicros)
            : Math.min(oldestUnreadMicros, other.oldestUnreadMicros);
    return new Volume(
        subject,
        writtenBytes + other.writtenBytes,
        readBytes + other.readBytes,
        deliveredBytes + other.deliveredBytes,
        lostBytes + other.lostBytes,
        unendedBytes + other.unendedBytes,
        oldest);
  }
}
