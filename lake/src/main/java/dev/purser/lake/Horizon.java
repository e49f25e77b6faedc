package dev.purser.lake;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// How far queries see: every row up to this ingest time, wherever it lies, and none of some frames
/// behind it. It only advances. Thread-safe.
final class Horizon {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition advanced = lock.newCondition();
  private long micros;
  private boolean closed;

  long micros() {
    lock.lock();
    try {
      return micros;
    } finally {
      lock.unlock();
    }
  }

  void advance(long toMicros) {
    lock.lock();
    try {
      if (toMicros > micros) {
        micros = toMicros;
        advanced.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Waits until it is behind a time, at most so long.
  ///
  /// @return false when it is not, as the time is over or it was closed
  boolean awaitBeyond(long beforeMicros, Duration atMost) throws InterruptedException {
    long left = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      while (micros <= beforeMicros && !closed && left > 0) {
        left = advanced.awaitNanos(left);
      }
      return micros > beforeMicros && !closed;
    } finally {
      lock.unlock();
    }
  }

  /// Ends all waiting.
  void close() {
    lock.lock();
    try {
      closed = true;
      advanced.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
