package dev.purser.app;

import dev.purser.app.Program.Role;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// A program that runs until a signal or a failure ends it.
final class Running {
  private Running() {}

  /// @param notes for the greeting
  static int run(Config config, Role role, List<String> notes, PrintStream out)
      throws UserError, InterruptedException {
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    AtomicInteger exit = new AtomicInteger(ExitCode.FAILED);
    AtomicBoolean started = new AtomicBoolean();
    AtomicBoolean failed = new AtomicBoolean();
    Thread main = Thread.currentThread();
    Thread onSignal =
        new Thread(
            () -> {
              stop.countDown();
              if (!started.get()) {
                main.interrupt();
              }
              await(stopped);
              // A program that was asked to end and did is no failure, as the signal's own exit
              // status would say.
              Runtime.getRuntime().halt(exit.get());
            },
            "on-signal");
    Runtime.getRuntime().addShutdownHook(onSignal);
    try (Program program =
        Program.start(
            config,
            role,
            failure -> {
              printFatal(failure);
              failed.set(true);
              stop.countDown();
            })) {
      started.set(true);
      Greeting.print(config, role, program, notes, out);
      stop.await();
      exit.set(failed.get() ? ExitCode.FAILED : ExitCode.OK);
    } catch (UserError e) {
      exit.set(e.exitCode());
      throw e;
    } catch (InterruptedException e) {
      if (stop.getCount() > 0) {
        throw e;
      }
      // Asked to end before it had started, for example while its hub was away.
      exit.set(failed.get() ? ExitCode.FAILED : ExitCode.OK);
    } finally {
      stopped.countDown();
    }
    return exit.get();
  }

  static void printFatal(Exception failure) {
    System.err.println("purser: stops: " + failure.getMessage());
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      System.err.println("purser:   because: " + cause.getMessage());
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
