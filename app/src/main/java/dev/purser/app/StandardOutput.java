package dev.purser.app;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.purser.core.system.NativeFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// What the JDK does not tell of standard output.
final class StandardOutput {
  /// `struct pollfd` of poll(2): fd, events, revents.
  private static final long POLLFD_BYTES = 8;

  private static final long REVENTS = 6;
  private static final int STDOUT = 1;

  /// POLLERR, POLLHUP, POLLNVAL: told without being asked for.
  private static final int GONE = 0x08 | 0x10 | 0x20;

  private static final int FOR_EVER = -1;
  private static final long RETRY_MILLIS = 100;

  private StandardOutput() {}

  /// Calls back, on a thread of its own, when nobody can read standard output any more, as in
  /// `purser tail logs | head`. A write would tell too, but the next may be hours away. Does
  /// nothing but on Linux.
  static void whenUnread(Runnable action) {
    NativeFunction.find("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT)
        .ifPresent(poll ->
            Thread.ofPlatform().daemon().name("stdout-watch").start(() -> watch(poll, action)));
  }

  /// Whether a person looks at it. False but on Linux.
  static boolean isTerminal() {
    return NativeFunction.find("isatty", JAVA_INT, JAVA_INT)
        .map(isatty -> isatty.call(STDOUT).value() == 1)
        .orElse(false);
  }

  private static void watch(NativeFunction poll, Runnable action) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stdout = arena.allocate(POLLFD_BYTES, Integer.BYTES);
      stdout.set(JAVA_INT, 0, STDOUT);
      while (true) {
        long ready = poll.call(stdout, 1L, FOR_EVER).value();
        if (ready > 0 && (stdout.get(JAVA_SHORT, REVENTS) & GONE) != 0) {
          action.run();
          return;
        }
        // A signal woke it.
        Thread.sleep(RETRY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
