package dev.purser.core.thread;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the JDK's threads lack here.
public final class Threads {
  private static final Logger LOG = LoggerFactory.getLogger(Threads.class);

  /// A third of the processor time of an ordinary thread, where they compete (sched(7)).
  private static final int LATER_NICE = 5;

  private Threads() {}

  /// Lets the calling platform thread, and those that it starts, stand back where processors are
  /// scarce: what it does can wait, unlike the taking of records. Without effect but on Linux.
  @SuppressWarnings("restricted")
  public static void standBack() {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> setPriority = linker.defaultLookup().find("setpriority");
    if (setPriority.isEmpty() || !"Linux".equals(System.getProperty("os.name"))) {
      return;
    }
    FunctionDescriptor signature = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    try {
      // PRIO_PROCESS and 0: on Linux, the calling thread alone.
      int failed =
          (int) linker.downcallHandle(setPriority.get(), signature).invokeExact(0, 0, LATER_NICE);
      if (failed != 0) {
        LOG.atDebug().log("setpriority had no effect");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("setpriority threw", e);
    }
  }

  /// Waits until a thread has ended, whether the caller is interrupted or not; an interrupt is kept
  /// for later.
  public static void awaitEnd(Thread thread) {
    awaitEnd(thread, ChronoUnit.FOREVER.getDuration());
  }

  /// As [#awaitEnd(Thread)].
  ///
  /// @param patience after which the thread is interrupted, again and again
  public static void awaitEnd(Thread thread, Duration patience) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        if (!thread.join(patience)) {
          thread.interrupt();
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
