package dev.purser.app;

import dev.purser.core.thread.Threads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Keeps a heap close to what is alive in it. By itself the serial collector looks through what is
/// old only when the system gives no more memory, and a node has plenty: what grew old and died,
/// first of all what only the start needed, would lie beside the rest for days.
final class LeanHeap implements AutoCloseable {
  /// A collection costs some tens of milliseconds: it must be worth it.
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  /// Where it has grown by so much there is one before that, unless they would take too long.
  private static final long GROWTH_BYTES = 16 << 20;

  private static final long TIMES_ITS_COST = 20;

  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(2);

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("lean-heap").start(this::run);

  private void run() {
    Runtime heap = Runtime.getRuntime();
    long lean = 0;
    long collectedNanos = System.nanoTime();
    long tookNanos = 0;
    try {
      while (!closed.await(1, TimeUnit.SECONDS)) {
        long since = System.nanoTime() - collectedNanos;
        long grown = heap.totalMemory() - lean;
        boolean isWorthIt =
            (grown > GROWTH_BYTES && since > TIMES_ITS_COST * tookNanos)
                || (grown > lean / 8 && since > EVERY_NANOS);
        if (isWorthIt) {
          long began = System.nanoTime();
          System.gc();
          collectedNanos = System.nanoTime();
          tookNanos = collectedNanos - began;
          lean = heap.totalMemory();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    Threads.awaitEnd(thread, CLOSE_DEADLINE);
  }
}
