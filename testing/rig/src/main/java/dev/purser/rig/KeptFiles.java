package dev.purser.rig;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The files of a container's log, each held open from its first moment, deleted ones too.
///
/// A thread of its own watches the only directory below a root that has log files, at a hundredth
/// of a processor. Thread-safe.
final class KeptFiles implements AutoCloseable {
  private static final long PAUSE_MILLIS = 5;

  private final Path root;
  private final Map<String, FileChannel> files = new ConcurrentHashMap<>();
  private final Thread thread;
  private volatile @Nullable IOException failure;
  private volatile boolean closed;

  /// @param root of the logs of all containers, of which one will write
  KeptFiles(Path root) {
    this.root = root;
    this.thread = Thread.ofPlatform().name("witness").daemon().start(this::watch);
  }

  /// @throws IOException why it has ended by itself
  void check() throws IOException {
    IOException seen = failure;
    if (seen != null) {
      throw seen;
    }
  }

  /// @param id inode and time of birth, as in the id of a file's stream: an inode is used again
  Optional<FileChannel> file(String id) {
    return Optional.ofNullable(files.get(id));
  }

  Collection<FileChannel> all() {
    return files.values();
  }

  int count() {
    return files.size();
  }

  /// Of all files together.
  long bytes() throws IOException {
    long sum = 0;
    for (FileChannel file : files.values()) {
      sum += file.size();
    }
    return sum;
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (FileChannel file : files.values()) {
      try {
        file.close();
      } catch (IOException e) {
        // It was only read.
      }
    }
  }

  private void watch() {
    try {
      Path directory = null;
      while (!closed) {
        if (directory == null) {
          directory = find().orElse(null);
        }
        if (directory != null) {
          keepAll(directory);
        }
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      failure = e;
    }
  }

  /// The directory with a log in it: of a pod's container, or of a Docker container.
  private Optional<Path> find() throws IOException {
    for (String pattern : List.of("*/*/*.log", "*/*-json.log")) {
      List<Path> level = List.of(root);
      for (String part : pattern.split("/", -1)) {
        List<Path> next = new ArrayList<>();
        for (Path each : level) {
          next.addAll(list(each, part));
        }
        level = next;
      }
      if (!level.isEmpty()) {
        return Optional.ofNullable(level.getFirst().getParent());
      }
    }
    return Optional.empty();
  }

  private static List<Path> list(Path directory, String glob) throws IOException {
    List<Path> all = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, glob)) {
        entries.forEach(all::add);
      } catch (DirectoryIteratorException | NoSuchFileException e) {
        // It is being removed.
      }
    }
    return all;
  }

  private void keepAll(Path directory) throws IOException {
    for (Path path : list(directory, "*.log*")) {
      String name = path.getFileName().toString();
      if (!name.endsWith(".gz") && !name.endsWith(".tmp")) {
        keep(path);
      }
    }
  }

  private void keep(Path path) throws IOException {
    try {
      String id = id(path);
      if (files.containsKey(id)) {
        return;
      }
      FileChannel file = FileChannel.open(path);
      // Of a file that was renamed in between, the next look sees both.
      if (!id(path).equals(id) || files.putIfAbsent(id, file) != null) {
        file.close();
      }
    } catch (NoSuchFileException e) {
      // Renamed meanwhile.
    }
  }

  private static String id(Path path) throws IOException {
    Map<String, Object> read = Files.readAttributes(path, "unix:ino,creationTime");
    FileTime birth = (FileTime) Objects.requireNonNull(read.get("creationTime"));
    return read.get("ino") + "-" + Long.toHexString(birth.to(TimeUnit.NANOSECONDS));
  }
}
