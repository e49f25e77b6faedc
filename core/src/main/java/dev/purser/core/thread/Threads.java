package dev.purser.core.thread;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.purser.core.system.NativeFunction;
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

  /// Lets the calling platform thread, and those that it starts, stand back where processors are
  /// scarce: what it does can wait, unlike the taking of records. Without effect but on Linux.
  public static void standBack() {
    NativeFunction.find("setpriority", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT)
        .ifPresent(setPriority -> {
          // PRIO_PROCESS and 0: on Linux, the calling thread alone.
          if (setPriority.call(0, 0, LATER_NICE).value() != 0) {
            LOG.atDebug().log("setpriority had no effect");
          }
        });
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
