package dev.purser.sources.logs;

import java.time.Duration;
import java.util.Optional;

/// When to wake a source that is told of writes: at once for the first after a while without, and
/// for those that follow once for each interval. What needs a look at directories waits for
/// nothing.
///
/// For one thread. Times are those of [System#nanoTime].
final class WritePace {
  private final long apartNanos;
  private long next;
  private boolean kept;

  /// @param apartNanos the interval
  WritePace(long apartNanos, long now) {
    this.apartNanos = apartNanos;
    this.next = now;
  }

  /// How long what is kept back may wait on; empty when nothing is.
  Optional<Duration> untilDue(long now) {
    return kept ? Optional.of(Duration.ofNanos(Math.max(0, next - now))) : Optional.empty();
  }

  /// @param needLook whether there is something that needs a look
  /// @param written whether there are writes that the source did not take yet
  boolean isToWake(boolean needLook, boolean written, long now) {
    boolean due = written && now - next >= 0;
    boolean wakes = needLook || due;
    if (wakes && written) {
      next = now + apartNanos;
    }
    kept = written && !wakes;
    return wakes;
  }
}
