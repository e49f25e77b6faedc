package dev.purser.sources.logs;

import java.time.Duration;

/// Waits with a record that may go on, until no line came that belongs to it for the time limit.
/// Owned by its [Incarnation].
final class OpenRecord {
  private static final int MICROS_PER_MILLI = 1000;

  private long end = -1;
  private long sinceMicros;
  private long wakeMicros = -1;

  /// Whether the record that now ends at file offset `newEnd` waited long enough.
  boolean isComplete(long newEnd, long nowMicros, long limitMicros) {
    if (newEnd != end || nowMicros < sinceMicros) {
      end = newEnd;
      sinceMicros = nowMicros;
    }
    return nowMicros - sinceMicros >= limitMicros;
  }

  /// How long until it is worth a look again; zero if a call that was asked for earlier is still to
  /// come. Rounded up, so that the time is over then.
  Duration nextLook(long nowMicros, long limitMicros) {
    boolean isComing = nowMicros < wakeMicros && wakeMicros - nowMicros <= limitMicros;
    if (isComing) {
      return Duration.ZERO;
    }
    long millis = Math.ceilDiv(sinceMicros + limitMicros - nowMicros, MICROS_PER_MILLI);
    wakeMicros = nowMicros + millis * MICROS_PER_MILLI;
    return Duration.ofMillis(millis);
  }
}
