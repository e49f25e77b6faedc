package dev.purser.sources.logs;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// Wakes a source when inotify tells of a change in its directories. Only a hint: what changed is
/// found by looking, and where it fails the poll remains.
final class Hints implements AutoCloseable {
  /// The least time between two looks, so that a busy file does not cause one for each of its
  /// writes.
  private static final Duration PAUSE = Duration.ofMillis(25);

  private final Semaphore wake;
  private final Map<Path, WatchKey> keys = new HashMap<>();
  private final @Nullable WatchService watches;
  private final @Nullable Thread thread;
  private volatile @Nullable String problem;

  private Hints(Semaphore wake, @Nullable WatchService watches, @Nullable String problem) {
    this.wake = wake;
    this.watches = watches;
    this.problem = problem;
    this.thread =
        watches == null ? null : Thread.ofVirtual().name("purser-watch").start(this::listen);
  }

  /// @param wake gets a permit for each hint
  static Hints open(Semaphore wake) {
    try {
      return new Hints(wake, FileSystems.getDefault().newWatchService(), null);
    } catch (IOException e) {
      return new Hints(wake, null, remedy("fs.inotify.max_user_instances", e));
    }
  }

  /// Gives none.
  static Hints none() {
    return new Hints(new Semaphore(0), null, null);
  }

  /// Watches a directory from now on. Call it before listing it.
  void watch(Path directory) {
    WatchService service = watches;
    WatchKey key = keys.get(directory);
    if (service == null || (key != null && key.isValid())) {
      return;
    }
    try {
      keys.put(directory, directory.register(service, ENTRY_CREATE, ENTRY_MODIFY, ENTRY_DELETE));
    } catch (NoSuchFileException | NotDirectoryException | AccessDeniedException e) {
      // Listing it says what is wrong.
      keys.remove(directory);
    } catch (IOException e) {
      problem = remedy("fs.inotify.max_user_watches", e);
    } catch (ClosedWatchServiceException e) {
      // The source is being closed.
    }
  }

  Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  /// Waits a moment, so that what comes together is looked at together.
  void settle() throws InterruptedException {
    Thread.sleep(PAUSE);
  }

  @Override
  public void close() {
    try {
      if (watches != null) {
        watches.close();
      }
      if (thread != null) {
        thread.join(Duration.ofSeconds(5));
      }
    } catch (IOException e) {
      problem = "inotify: cannot be closed: " + e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void listen() {
    WatchService service = watches;
    try {
      while (service != null) {
        WatchKey key = service.take();
        key.pollEvents();
        key.reset();
        wake.release();
        Thread.sleep(PAUSE);
      }
    } catch (ClosedWatchServiceException e) {
      // The end.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String remedy(String limit, IOException e) {
    return "inotify: "
        + e.getMessage()
        + "; files are polled instead; raise "
        + limit
        + " (sysctl) for prompt reading";
  }
}
