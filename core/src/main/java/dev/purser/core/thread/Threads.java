package dev.purser.core.thread;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the JDK's threads lack here.
public final class Threads {
  private static final Logger LOG = LoggerFactory.getLogger(Threads.class);

  /// A third of the processor time of an ordinary thread, where they compete (sched(7)).
  private static final int LATER_NICE = 5;

  private Threads() {}

  /// Lets the calling platform thread stand back where processors are scarce: what it does can
  /// wait, unlike the taking of records. Without effect where the system does not offer it.
  @SuppressWarnings("restricted")
  public static void standBack() {
    Linker linker = Linker.nativeLinker();
    try {
      // setpriority(2): on Linux, PRIO_PROCESS and 0 mean the calling thread.
      int failed =
          linker.defaultLookup().find("setpriority").isEmpty()
              ? -1
              : (int)
                  linker
                      .downcallHandle(
                          linker.defaultLookup().findOrThrow("setpriority"),
                          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT))
                      .invokeExact(0, 0, LATER_NICE);
      if (failed != 0) {
        LOG.atDebug().log("setpriority had no effect");
      }
    } catch (Throwable e) {
      LOG.atDebug().setCause(e).log("setpriority had no effect");
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
