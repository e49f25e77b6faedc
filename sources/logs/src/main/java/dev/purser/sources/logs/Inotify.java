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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// inotify(7), straight. The JDK's watch service takes each event out of the kernel by itself, so
/// that a program which writes line by line costs a wake-up a line; here events stay in the kernel,
/// which joins equal ones, until somebody asks for them.
///
/// Two instances watch each directory, one for names that come and go, one for writes. Whoever lets
/// writes gather so hears of a new name at once, and writes, of which there are many, crowd out no
/// name when a queue is full. What the order of a write and a name was, nobody knows.
///
/// [#await] and [#rest] are called by one thread, [#readNames] and [#readWrites] by one at a time;
/// [#watch] and [#wake] by any.
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
  private static final int NAMES =
      ATTRIB | MOVED_FROM | MOVED_TO | CREATE | DELETE | ONLY_DIRECTORIES;
  private static final int WRITES = MODIFY | CLOSE_WRITE | ONLY_DIRECTORIES;

  private static final int NON_BLOCKING_AND_CLOSE_ON_EXEC = 0x800 | 0x80000;
  private static final short POLL_IN = 1;
  private static final long POLLED_BYTES = 8;
  private static final int EVENT_BYTES = 16;
  private static final int BUFFER_BYTES = 64 << 10;

  /// With the longest name and the zero behind it.
  private static final int MAX_EVENT_BYTES = EVENT_BYTES + 256;

  private static final Charset PATHS =
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
  private final Queue names;
  private final Queue writes;
  private final int wakeUps;
  private final MemorySegment anything;
  private final MemorySegment newNames;

  /// How the events of a directory name it, which the two instances do by numbers of their own.
  record Watch(int names, int writes) {}

  /// One instance, and the name that it told of last in each directory: mostly it is that again.
  private record Queue(int file, int mask, Map<Integer, String> lastNames) {
    static Queue open(int mask) throws Refusal {
      int file = check("inotify_init1", INIT.call(NON_BLOCKING_AND_CLOSE_ON_EXEC));
      return new Queue(file, mask, new HashMap<>());
    }

    int watch(MemorySegment path) throws Refusal {
      return check("inotify_add_watch", ADD.call(file, path, mask));
    }
  }

  /// What happened.
  interface Listener {
    /// @param watch of which directory; -1 for [#QUEUE_OVERFLOW]
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
    List<Integer> opened = new ArrayList<>();
    try {
      wakeUps = check("eventfd", EVENT_FD.call(0, NON_BLOCKING_AND_CLOSE_ON_EXEC));
      opened.add(wakeUps);
      names = Queue.open(NAMES);
      opened.add(names.file());
      writes = Queue.open(WRITES);
    } catch (IOException e) {
      opened.forEach(Inotify::closeFile);
      arena.close();
      throw e;
    }
    one.set(JAVA_LONG, 0, 1);
    anything = polled(wakeUps, names.file(), writes.file());
    newNames = polled(wakeUps, names.file());
  }

  /// What poll(2) takes, to wait for one of them.
  private MemorySegment polled(int... files) {
    MemorySegment polled = arena.allocate((long) files.length * POLLED_BYTES, 8);
    for (int i = 0; i < files.length; i++) {
      polled.set(JAVA_INT, i * POLLED_BYTES, files[i]);
      polled.set(JAVA_SHORT, i * POLLED_BYTES + 4, POLL_IN);
    }
    return polled;
  }

  /// Watches a directory, again and again with the same result.
  ///
  /// @throws Refusal when it cannot
  Watch watch(Path directory) throws Refusal {
    try (Arena own = Arena.ofConfined()) {
      MemorySegment path = own.allocateFrom(directory.toString(), PATHS);
      return new Watch(names.watch(path), writes.watch(path));
    }
  }

  /// Waits until there is something to read, or [#wake], or the time is over.
  ///
  /// @param most empty for as long as it takes
  void await(Optional<Duration> most) {
    int millis = most.map(time -> Math.toIntExact(time.toMillis() + 1)).orElse(-1);
    NativeFunction.Result _ = POLL.call(anything, 3L, millis);
  }

  /// Lets time pass, until a name came or went, or [#wake].
  ///
  /// @return whether one did, which [#readNames] tells
  boolean rest(Duration most) {
    return POLL.call(newNames, 2L, Math.toIntExact(most.toMillis())).value() > 0
        && (newNames.get(JAVA_SHORT, POLLED_BYTES + 6) & POLL_IN) != 0;
  }

  /// Takes out of the kernel which names came and went.
  ///
  /// @return whether there may be more
  boolean readNames(Listener listener) {
    return read(names, listener);
  }

  /// As [#readNames], what was written to.
  boolean readWrites(Listener listener) {
    return read(writes, listener);
  }

  private boolean read(Queue queue, Listener listener) {
    NativeFunction.Result read = READ.call(queue.file(), buffer, (long) BUFFER_BYTES);
    for (long at = 0; at < read.value(); ) {
      int watch = buffer.get(JAVA_INT, at);
      int mask = buffer.get(JAVA_INT, at + 4);
      int cookie = buffer.get(JAVA_INT, at + 8);
      int length = buffer.get(JAVA_INT, at + 12);
      listener.on(watch, mask, cookie, length == 0 ? "" : name(queue, watch, at + EVENT_BYTES));
      if ((mask & IGNORED) != 0) {
        queue.lastNames().remove(watch);
      }
      at += EVENT_BYTES + length;
    }
    return read.value() > BUFFER_BYTES - MAX_EVENT_BYTES;
  }

  private String name(Queue queue, int watch, long at) {
    String last = queue.lastNames().get(watch);
    if (last != null && isAt(at, last)) {
      return last;
    }
    String name = buffer.getString(at, PATHS);
    queue.lastNames().put(watch, name);
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
    closeFile(names.file());
    closeFile(writes.file());
    closeFile(wakeUps);
    arena.close();
  }

  private static void closeFile(int descriptor) {
    NativeFunction.Result _ = CLOSE.call(descriptor);
  }

  private static int check(String call, NativeFunction.Result result) throws Refusal {
    if (result.value() < 0) {
      throw new Refusal(call, result.errno());
    }
    return (int) result.value();
  }
}
