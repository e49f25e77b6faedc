package dev.purser.sources.logs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.purser.core.system.NativeFunction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// inotify(7), straight. The JDK's watch service takes each event out of the kernel by itself, so
/// that a program which writes line by line costs a wake-up a line; here events stay in the kernel,
/// which joins equal ones, until somebody asks for them. A second instance is told of new names
/// alone: whoever lets writes gather hears of those at once.
///
/// [#await] and [#rest] are called by one thread, [#read] by one at a time; [#watch] and [#wake] by
/// any.
final class Inotify implements AutoCloseable {
  static final int MODIFY = 0x2;
  static final int ATTRIB = 0x4;
  static final int CLOSE_WRITE = 0x8;
  static final int MOVED_FROM = 0x40;
  static final int MOVED_TO = 0x80;
  static final int CREATE = 0x100;
  static final int DELETE = 0x200;
  static final int QUEUE_OVERFLOW = 0x4000;
  static final int IGNORED = 0x8000;
  static final int IS_DIRECTORY = 0x40000000;

  private static final int ONLY_DIRECTORIES = 0x01000000;
  private static final int WATCHED =
      MODIFY | ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | ONLY_DIRECTORIES;

  private static final int NAMED = CREATE | MOVED_TO | ONLY_DIRECTORIES;

  private static final int NON_BLOCKING_AND_CLOSE_ON_EXEC = 0x800 | 0x80000;
  private static final short POLL_IN = 1;
  private static final int EVENT_BYTES = 16;
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int DISCARDED_BYTES = 4 << 10;

  /// With the longest name and the zero behind it.
  private static final int MAX_EVENT_BYTES = EVENT_BYTES + 256;

  private static final Charset NAMES =
      Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

  private static final NativeFunction INIT = NativeFunction.of("inotify_init1", JAVA_INT, JAVA_INT);
  private static final NativeFunction ADD =
      NativeFunction.of("inotify_add_watch", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final NativeFunction EVENT_FD =
      NativeFunction.of("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final NativeFunction POLL =
      NativeFunction.of("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final NativeFunction READ =
      NativeFunction.of("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final NativeFunction WRITE =
      NativeFunction.of("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final NativeFunction CLOSE = NativeFunction.of("close", JAVA_INT, JAVA_INT);

  private final Arena arena = Arena.ofShared();
  private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, 8);
  private final MemorySegment one = arena.allocate(JAVA_LONG);
  private final MemorySegment discarded = arena.allocate(DISCARDED_BYTES, 8);
  private final Map<Integer, String> lastNames = new HashMap<>();
  private final int events;
  private final int wakeUps;

  /// Negative when there could not be another, which poll(2) passes over.
  private final int names;

  private volatile boolean tellsNames;
  private final MemorySegment anything;
  private final MemorySegment newNames;

  /// What happened.
  interface Listener {
    /// @param watch as [#watch] gave it; -1 for [#QUEUE_OVERFLOW]
    /// @param cookie the same for both names of a file that is moved
    /// @param name in the watched directory; empty when it is about the directory itself
    void on(int watch, int mask, int cookie, String name);
  }

  /// A refusal of the kernel's.
  static final class Refusal extends IOException {
    private static final long serialVersionUID = 1;

    private static final int NO_ENTRY = 2;
    private static final int NO_ACCESS = 13;
    private static final int NOT_A_DIRECTORY = 20;

    private final int errno;

    Refusal(String call, int errno) {
      super(call + " failed with errno " + errno);
      this.errno = errno;
    }

    /// Whether it is about the directory, and not about inotify.
    boolean isOfDirectory() {
      return errno == NO_ENTRY || errno == NO_ACCESS || errno == NOT_A_DIRECTORY;
    }
  }

  Inotify() throws IOException {
    int instance = -1;
    try {
      instance = check("inotify_init1", INIT.call(NON_BLOCKING_AND_CLOSE_ON_EXEC));
      wakeUps = check("eventfd", EVENT_FD.call(0, NON_BLOCKING_AND_CLOSE_ON_EXEC));
    } catch (IOException e) {
      closeIfOpen(instance);
      arena.close();
      throw e;
    }
    events = instance;
    names = (int) INIT.call(NON_BLOCKING_AND_CLOSE_ON_EXEC).value();
    tellsNames = names >= 0;
    one.set(JAVA_LONG, 0, 1);
    anything = polled(events);
    newNames = polled(names);
  }

  /// What poll(2) takes, to wait for one of these or [#wakeUps].
  private MemorySegment polled(int file) {
    MemorySegment polled = arena.allocate(16, 8);
    polled.set(JAVA_INT, 0, file);
    polled.set(JAVA_SHORT, 4, POLL_IN);
    polled.set(JAVA_INT, 8, wakeUps);
    polled.set(JAVA_SHORT, 12, POLL_IN);
    return polled;
  }

  /// Watches a directory, again and again with the same result.
  ///
  /// @throws Refusal when it cannot
  int watch(Path directory) throws Refusal {
    try (Arena own = Arena.ofConfined()) {
      MemorySegment path = own.allocateFrom(directory.toString(), NAMES);
      int watch = check("inotify_add_watch", ADD.call(events, path, WATCHED));
      if (tellsNames && ADD.call(names, path, NAMED).value() < 0) {
        tellsNames = false;
      }
      return watch;
    }
  }

  /// Waits until there is something to read, or [#wake], or the time is over.
  ///
  /// @param most empty for as long as it takes
  void await(Optional<Duration> most) {
    int millis = most.map(time -> Math.toIntExact(time.toMillis() + 1)).orElse(-1);
    NativeFunction.Result _ = POLL.call(anything, 2L, millis);
  }

  /// Whether a new name ends [#rest]: what the kernel spares for it may be too little.
  boolean tellsNames() {
    return tellsNames;
  }

  /// Lets time pass, until there is a new name to read of, or [#wake].
  ///
  /// @return whether there is a new name, which [#read] may tell of a little later
  boolean rest(Duration most) {
    boolean named = false;
    if (POLL.call(newNames, 2L, Math.toIntExact(most.toMillis())).value() > 0) {
      while (READ.call(names, discarded, discarded.byteSize()).value() > 0) {
        named = true;
      }
    }
    return named;
  }

  /// Takes what has happened out of the kernel.
  ///
  /// @return whether there may be more
  boolean read(Listener listener) {
    NativeFunction.Result read = READ.call(events, buffer, (long) BUFFER_BYTES);
    for (long at = 0; at < read.value(); ) {
      int watch = buffer.get(JAVA_INT, at);
      int mask = buffer.get(JAVA_INT, at + 4);
      int cookie = buffer.get(JAVA_INT, at + 8);
      int length = buffer.get(JAVA_INT, at + 12);
      listener.on(watch, mask, cookie, length == 0 ? "" : name(watch, at + EVENT_BYTES));
      if ((mask & IGNORED) != 0) {
        lastNames.remove(watch);
      }
      at += EVENT_BYTES + length;
    }
    return read.value() > BUFFER_BYTES - MAX_EVENT_BYTES;
  }

  /// Mostly one that was told before: a program writes to one file, in many pieces.
  private String name(int watch, long at) {
    String last = lastNames.get(watch);
    if (last != null && isAt(at, last)) {
      return last;
    }
    String name = buffer.getString(at, NAMES);
    lastNames.put(watch, name);
    return name;
  }

  /// Whether a name of ASCII is there.
  private boolean isAt(long at, String name) {
    for (int i = 0; i < name.length(); i++) {
      char letter = name.charAt(i);
      if (letter > 0x7f || buffer.get(JAVA_BYTE, at + i) != letter) {
        return false;
      }
    }
    return buffer.get(JAVA_BYTE, at + name.length()) == 0;
  }

  /// Ends [#await] and [#rest].
  void wake() {
    NativeFunction.Result _ = WRITE.call(wakeUps, one, 8L);
  }

  /// Call it when nobody waits or reads any more.
  @Override
  public void close() {
    closeIfOpen(events);
    closeIfOpen(names);
    closeIfOpen(wakeUps);
    arena.close();
  }

  private static void closeIfOpen(int descriptor) {
    if (descriptor >= 0) {
      NativeFunction.Result _ = CLOSE.call(descriptor);
    }
  }

  private static int check(String call, NativeFunction.Result result) throws Refusal {
    if (result.value() < 0) {
      throw new Refusal(call, result.errno());
    }
    return (int) result.value();
  }
}
