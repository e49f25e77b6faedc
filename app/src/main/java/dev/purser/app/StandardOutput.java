package dev.purser.app;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

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
  @SuppressWarnings("restricted")
  static void whenUnread(Runnable action) {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> poll = linker.defaultLookup().find("poll");
    if (poll.isEmpty() || !"Linux".equals(System.getProperty("os.name"))) {
      return;
    }
    MethodHandle call =
        linker.downcallHandle(
            poll.get(), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    Thread.ofPlatform().daemon().name("stdout-watch").start(() -> watch(call, action));
  }

  /// Whether a person looks at it. False but on Linux.
  @SuppressWarnings("restricted")
  static boolean isTerminal() {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> isatty = linker.defaultLookup().find("isatty");
    if (isatty.isEmpty() || !"Linux".equals(System.getProperty("os.name"))) {
      return false;
    }
    FunctionDescriptor signature = FunctionDescriptor.of(JAVA_INT, JAVA_INT);
    try {
      return (int) linker.downcallHandle(isatty.get(), signature).invokeExact(STDOUT) == 1;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("isatty threw", e);
    }
  }

  private static void watch(MethodHandle poll, Runnable action) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stdout = arena.allocate(POLLFD_BYTES, Integer.BYTES);
      stdout.set(JAVA_INT, 0, STDOUT);
      while (true) {
        int ready = (int) poll.invokeExact(stdout, 1L, FOR_EVER);
        if (ready > 0 && (stdout.get(JAVA_SHORT, REVENTS) & GONE) != 0) {
          action.run();
          return;
        }
        // A signal woke it.
        Thread.sleep(RETRY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("poll threw", e);
    }
  }
}
