package dev.purser.transport;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// So many in a second, of which those of one second at most are saved up. Thread-safe.
final class RateLimit {
  private final long perSecond;
  private final LongSupplier nanoClock;
  private final ReentrantLock lock = new ReentrantLock();
  private long savedNanos;
  private long lastNanos;

  RateLimit(int perSecond, LongSupplier nanoClock) {
    this.perSecond = perSecond;
    this.nanoClock = nanoClock;
    this.savedNanos = TimeUnit.SECONDS.toNanos(1);
    this.lastNanos = nanoClock.getAsLong();
  }

  /// Takes one, if there is one now.
  boolean take() {
    long second = TimeUnit.SECONDS.toNanos(1);
    long cost = second / perSecond;
    lock.lock();
    try {
      long now = nanoClock.getAsLong();
      savedNanos = Math.min(second, savedNanos + (now - lastNanos));
      lastNanos = now;
      if (savedNanos < cost) {
        return false;
      }
      savedNanos -= cost;
      return true;
    } finally {
      lock.unlock();
    }
  }
}
