package dev.purser.lake;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Writes and forces the lake's files. It remembers a failed fsync, as libraries between it and the
/// lake may wrap or swallow the exception. Thread-safe.
final class DurableFiles {
  private final Disk disk;
  private volatile @Nullable NotDurableException failure;

  DurableFiles(Disk disk) {
    this.disk = disk;
  }

  Disk disk() {
    return disk;
  }

  /// Writes a whole new file, forces it and its name.
  void write(Path file, byte[] bytes, int length) throws IOException {
    Path parent = parent(file);
    disk.createDirectories(parent);
    try (DiskFile opened = disk.open(file)) {
      opened.truncate(0);
      opened.write(ByteBuffer.wrap(bytes, 0, length), 0);
      try {
        opened.force();
      } catch (IOException e) {
        throw failed(file, e);
      }
    }
    forceName(parent);
  }

  /// Forces a file that another library wrote, and its name.
  void force(Path file) {
    try {
      disk.force(file);
    } catch (IOException e) {
      throw failed(file, e);
    }
    forceName(parent(file));
  }

  /// @throws NotDurableException when an fsync has failed before
  void check() {
    NotDurableException failed = failure;
    if (failed != null) {
      throw failed;
    }
  }

  private void forceName(Path directory) {
    try {
      disk.forceDirectory(directory);
    } catch (IOException e) {
      throw failed(directory, e);
    }
  }

  private NotDurableException failed(Path path, IOException cause) {
    NotDurableException thrown = new NotDurableException(path, cause);
    failure = thrown;
    return thrown;
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("no directory above " + file);
    }
    return parent;
  }
}
