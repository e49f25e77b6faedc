package dev.purser.sources.logs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// The threads that read files, shared by all [FileSource]s of an agent. Each has one slab of
/// memory; a file has none.
///
/// Thread-safe. The queue holds a file at most once, so the number of files bounds it.
public final class ReaderPool implements AutoCloseable {
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(10);

  private final BlockingQueue<Task> queue = new LinkedBlockingQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1,
          Thread.ofPlatform().name("purser-read-timer").daemon().factory(),
          new ThreadPoolExecutor.DiscardPolicy());
  private volatile boolean closed;

  /// Some work on a file that ends soon.
  interface Task {
    void run(Slab slab) throws InterruptedException;
  }

  /// With as many threads as there are cores.
  public ReaderPool() {
    this(Runtime.getRuntime().availableProcessors());
  }

  public ReaderPool(int size) {
    for (int i = 0; i < size; i++) {
      Thread thread = Thread.ofPlatform().name("purser-read-" + i).daemon().unstarted(this::work);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  void submit(Task task) {
    queue.add(task);
  }

  /// Runs `wake` after a while, on a thread that there is once somebody asks for it. Do nothing in
  /// it but to submit a task.
  void submitLater(Duration delay, Runnable wake) {
    ScheduledFuture<?> _ = timer.schedule(wake, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Interrupts the readers and waits for their end. Close the sources first.
  @Override
  public void close() {
    closed = true;
    timer.shutdownNow();
    threads.forEach(Thread::interrupt);
    boolean interrupted = false;
    for (Thread thread : threads) {
      try {
        thread.join(CLOSE_DEADLINE);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    try (Slab slab = new Slab()) {
      while (!closed) {
        try {
          queue.take().run(slab);
        } catch (InterruptedException e) {
          // Either this pool closes, or the source of that task does.
        } catch (RuntimeException | Error e) {
          // Others wait for this thread, too.
          Thread own = Thread.currentThread();
          own.getUncaughtExceptionHandler().uncaughtException(own, e);
        }
      }
    }
  }
}
