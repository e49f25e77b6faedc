package dev.purser.transport;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Interrupts threads that wait too long for their peer: the server's own time limits do not reach
/// a request that is being read, nor an answer that is being written. Thread-safe.
final class Watchdog implements AutoCloseable {
  private final ScheduledThreadPoolExecutor timer;

  Watchdog() {
    timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("hub-watchdog").factory());
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /// Interrupts the calling thread after `deadline`, unless the future is cancelled before.
  Future<?> guard(Duration deadline) {
    return guard(deadline, () -> false);
  }

  /// Interrupts the calling thread after `deadline`, unless it is `done` by then or the future is
  /// cancelled before.
  Future<?> guard(Duration deadline, BooleanSupplier done) {
    Thread guarded = Thread.currentThread();
    return timer.schedule(
        () -> {
          if (!done.getAsBoolean()) {
            guarded.interrupt();
          }
        },
        deadline.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
