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
  private static final long EVERY_SECONDS = 10;

  /// By so much it may grow before that.
  private static final long GROWTH_BYTES = 24 << 20;

  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(2);

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("lean-heap").start(this::run);

  private void run() {
    Runtime heap = Runtime.getRuntime();
    long lean = 0;
    long seconds = 0;
    try {
      while (!closed.await(1, TimeUnit.SECONDS)) {
        seconds++;
        long grown = heap.totalMemory() - lean;
        if (grown > GROWTH_BYTES || (seconds >= EVERY_SECONDS && grown > lean / 8)) {
          System.gc();
          lean = heap.totalMemory();
          seconds = 0;
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
