package dev.purser.sources.logs;

import dev.purser.core.disk.HostRoot;
import dev.purser.core.thread.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Gathers what inotify tells of a source's directories, and wakes the source. Only hints: what has
/// changed is found by looking, and a look at everything follows now and then whatever they say.
///
/// Thread-safe; a thread of its own waits for the kernel.
final class Hints implements AutoCloseable {
  /// The least time between two readings of the kernel's queue, in which it joins equal events. It
  /// is this one behind a new name, and while files are being made: one that is rotated away and
  /// deleted soon must be opened soon.
  private static final Duration LEAST_PAUSE = Duration.ofMillis(2);

  /// Files are being made for so long after one was.
  private static final Duration BIRTHS_APART = Duration.ofSeconds(1);

  /// The least time between two readings that no new name ends.
  private static final Duration PAUSE = Duration.ofMillis(25);

  /// The same while nothing but files that are known is written to, and the least time between two
  /// wakings for that. A file that is written line by line is read in few, large steps, each of
  /// which is a batch, a frame and a call of the hub's.
  private static final Duration WRITES_APART = Duration.ofMillis(250);

  /// So many events in one reading are many, and more may follow for a while: the kernel keeps
  /// 16,384 (inotify(7)), which must not come together within a pause. Past that, all is looked at.
  private static final int MANY_EVENTS = 1024;

  private static final int MOST_MOVES = 1024;

  private static final Duration MANY_APART = Duration.ofSeconds(10);

  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(5);

  private final Semaphore wake;
  private final HostRoot host;
  private final Consumer<Path> onNamed;
  private final @Nullable Inotify inotify;
  private final @Nullable Thread thread;
  private final Set<Path> watches = new HashSet<>();

  /// By the numbers that names and writes are told under.
  private final Map<Integer, Watched> directories = new HashMap<>();

  private final Map<Integer, Watched> writtenDirectories = new HashMap<>();

  /// Files that were made and that nobody wrote to yet.
  private final Set<Path> unwritten = new HashSet<>();

  /// Such ones that are gone, in the reading that goes on.
  private final List<Path> goneUnwritten = new ArrayList<>();

  /// What the last reading told of writes, after that of names: of names that this one tells, too.
  private Writes writes = Writes.none();

  /// The moves of such ones whose other end is to come: conmon makes `0.log.tmp` and renames it
  /// over `0.log`.
  private final Set<Integer> unwrittenMoves = new HashSet<>();

  private Changes changes = Changes.none();
  private int events;
  private boolean overflown;
  private boolean namesOverflown;

  /// Whether there are directories that only writes are still told of.
  private boolean isToSweep;

  private long makingUntilNanos = System.nanoTime();
  private long manyUntilNanos = makingUntilNanos;
  private volatile @Nullable String problem;
  private volatile boolean closed;

  /// What one reading tells of writes to files.
  ///
  /// @param all whether any may be written
  private record Writes(Set<Path> files, boolean all) {
    static Writes none() {
      return new Writes(new HashSet<>(), false);
    }

    Writes overflown() {
      return new Writes(files, true);
    }

    boolean mayBeTo(Path file) {
      return all || files.contains(file);
    }

    /// By the smaller of the two sets: there may be thousands of files that nobody writes to.
    void removeFrom(Set<Path> unwritten) {
      if (all) {
        unwritten.clear();
      } else {
        unwritten.removeAll(files);
      }
    }
  }

  /// A directory, and what was told of last in it: mostly it is that again.
  private static final class Watched {
    private final Path directory;
    private String name = "";
    private Path file;

    Watched(Path directory) {
      this.directory = directory;
      this.file = directory;
    }

    Path file(String told) {
      if (!told.equals(name)) {
        name = told;
        file = directory.resolve(told);
      }
      return file;
    }
  }

  private Hints(
      Semaphore wake,
      HostRoot host,
      Consumer<Path> onNamed,
      @Nullable Inotify inotify,
      @Nullable String problem) {
    this.wake = wake;
    this.host = host;
    this.onNamed = onNamed;
    this.inotify = inotify;
    this.problem = problem;
    this.thread =
        inotify == null
            ? null
            : Thread.ofPlatform().name("purser-inotify").daemon().start(() -> listen(inotify));
  }

  /// @param wake gets a permit whenever there are changes
  /// @param host whose directories are watched
  /// @param onNamed called at once with each new name of a file
  static Hints open(Semaphore wake, HostRoot host, Consumer<Path> onNamed) {
    try {
      return new Hints(wake, host, onNamed, new Inotify(), null);
    } catch (IOException e) {
      return new Hints(wake, host, onNamed, null, remedy("fs.inotify.max_user_instances", e));
    }
  }

  /// Gives none.
  static Hints none() {
    return new Hints(new Semaphore(0), HostRoot.SAME, _ -> {}, null, null);
  }

  /// Watches a directory from now on. Call it before listing it.
  void watch(Path directory) {
    Inotify kernel = inotify;
    if (kernel == null || closed) {
      return;
    }
    synchronized (this) {
      if (watches.contains(directory)) {
        return;
      }
      try {
        Inotify.Watch watch = kernel.watch(host.at(directory));
        Watched watched = new Watched(directory);
        Watched before = directories.put(watch.names(), watched);
        if (before != null) {
          // The same directory under another path: one of them is told of.
          watches.remove(before.directory);
        }
        writtenDirectories.put(watch.writes(), watched);
        watches.add(directory);
      } catch (Inotify.Refusal e) {
        if (!e.isOfDirectory()) {
          problem = remedy("fs.inotify.max_user_watches", e);
        }
      } catch (IOException e) {
        // Listing it says what is wrong.
      }
    }
  }

  /// All that happened since it was last asked, as far as the kernel tells.
  synchronized Changes take() {
    if (inotify != null && !closed) {
      drain(inotify);
    }
    Changes told = overflown ? changes.andOthers(isBlind(), namesOverflown) : changes;
    changes = Changes.none();
    overflown = false;
    namesOverflown = false;
    return told;
  }

  /// Whether it does not tell of all writes.
  boolean isBlind() {
    return inotify == null || problem != null;
  }

  Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  @Override
  public void close() {
    closed = true;
    if (inotify != null && thread != null) {
      inotify.wake();
      Threads.awaitEnd(thread, CLOSE_DEADLINE);
      synchronized (this) {
        inotify.close();
      }
    }
  }

  private void listen(Inotify kernel) {
    WritePace pace = new WritePace(WRITES_APART.toNanos(), System.nanoTime());
    boolean named = false;
    try {
      while (!closed) {
        kernel.await(pace.untilDue(System.nanoTime()));
        boolean needLook;
        boolean isWritten;
        Duration pause;
        synchronized (this) {
          drain(kernel);
          needLook = overflown || changes.needLook();
          isWritten = !changes.files().isEmpty();
          pause = named ? LEAST_PAUSE : pause(needLook, isWritten);
        }
        if (pace.isToWake(needLook, isWritten, System.nanoTime())) {
          wake.release();
        }
        Thread.sleep(LEAST_PAUSE);
        Duration rest = pause.minus(LEAST_PAUSE);
        named = rest.isPositive() && kernel.rest(rest);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Duration pause(boolean needLook, boolean isWritten) {
    long now = System.nanoTime();
    if (now - makingUntilNanos < 0) {
      return LEAST_PAUSE;
    }
    return needLook || !isWritten || now - manyUntilNanos < 0 ? PAUSE : WRITES_APART;
  }

  /// Names first: of what is gone by then, all writes are there to be read.
  private void drain(Inotify kernel) {
    events = 0;
    while (kernel.readNames(this::noteName)) {}
    writes = Writes.none();
    while (kernel.readWrites(this::noteWrite)) {}
    writes.removeFrom(unwritten);
    for (Path file : goneUnwritten) {
      if (!writes.mayBeTo(file)) {
        changes.made().merge(file, -1, Integer::sum);
      }
    }
    goneUnwritten.clear();
    if (isToSweep) {
      isToSweep = false;
      writtenDirectories.values().retainAll(new HashSet<>(directories.values()));
    }
    if (events > MANY_EVENTS) {
      manyUntilNanos = System.nanoTime() + MANY_APART.toNanos();
    }
  }

  private void noteWrite(int watch, int mask, int cookie, String name) {
    events++;
    if ((mask & Inotify.QUEUE_OVERFLOW) != 0) {
      overflown = true;
      writes = writes.overflown();
      // That a directory went is not told either.
      isToSweep = true;
      return;
    }
    if ((mask & Inotify.IGNORED) != 0) {
      writtenDirectories.remove(watch);
      return;
    }
    Watched watched = writtenDirectories.get(watch);
    if (watched != null) {
      Path file = watched.file(name);
      if ((mask & Inotify.MODIFY) != 0) {
        writes.files().add(file);
      }
      changes.files().add(file);
    }
  }

  private void noteName(int watch, int mask, int cookie, String name) {
    events++;
    if ((mask & Inotify.QUEUE_OVERFLOW) != 0) {
      overflown = true;
      namesOverflown = true;
      // Directories may have gone and come again: the look that follows watches them anew.
      watches.clear();
      unwritten.clear();
      unwrittenMoves.clear();
      return;
    }
    Watched watched = directories.get(watch);
    if (watched == null) {
      return;
    }
    Path directory = watched.directory;
    if ((mask & Inotify.IGNORED) != 0) {
      directories.remove(watch);
      watches.remove(directory);
      unwritten.removeIf(file -> directory.equals(file.getParent()));
      changes.trees().add(directory);
    } else if ((mask & Inotify.IS_DIRECTORY) != 0) {
      changes.directories().add(directory);
      Path tree = watched.file(name);
      changes.trees().add(tree);
      if ((mask & Inotify.MOVED_FROM) != 0) {
        forget(tree);
      }
    } else {
      changes.directories().add(directory);
      noteFile(watched.file(name), mask, cookie);
    }
  }

  /// What becomes of a file that is not a directory. One that goes as it came, such as a link or a
  /// lock, took nothing with it.
  private void noteFile(Path file, int mask, int cookie) {
    boolean isMovedHere = (mask & Inotify.MOVED_TO) != 0;
    boolean goes = (mask & Inotify.DELETE) != 0 || isMovedHere;
    if (goes && unwritten.remove(file)) {
      goneUnwritten.add(file);
    }
    if ((mask & Inotify.MOVED_FROM) != 0 && unwritten.remove(file)) {
      if (unwrittenMoves.size() == MOST_MOVES) {
        unwrittenMoves.clear(); // They went where nobody watches.
      }
      unwrittenMoves.add(cookie);
    }
    if ((mask & Inotify.CREATE) != 0 || (isMovedHere && unwrittenMoves.remove(cookie))) {
      if (!writes.mayBeTo(file)) {
        unwritten.add(file);
      }
      changes.made().merge(file, 1, Integer::sum);
      makingUntilNanos = System.nanoTime() + BIRTHS_APART.toNanos();
    }
    if ((mask & (Inotify.CREATE | Inotify.MOVED_TO)) != 0) {
      onNamed.accept(file);
    }
  }

  /// The directories below it have other paths now: they are watched anew when they are seen.
  private void forget(Path tree) {
    watches.removeIf(directory -> directory.startsWith(tree));
    directories.values().removeIf(watched -> watched.directory.startsWith(tree));
    isToSweep = true;
    unwritten.removeIf(file -> file.startsWith(tree));
  }

  private static String remedy(String limit, IOException e) {
    return "inotify: "
        + e.getMessage()
        + "; files are polled instead; raise "
        + limit
        + " (sysctl) for prompt reading";
  }
}
