package dev.purser.core.wal;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.DiskFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Copies of the ranges of a log that do not check out. Each is named by its range, so that a range
/// has one however often it is read. When they are as many as they may be, or the disk is full,
/// there is none: whoever reads the log goes on. Thread-safe.
final class Quarantine {
  private static final Logger LOG = LoggerFactory.getLogger(Quarantine.class);

  private final Disk disk;
  private final Path directory;
  private final long maxBytes;

  /// Held while a copy is made: two readers may meet the same range.
  private final ReentrantLock copying = new ReentrantLock();

  /// @param maxBytes of all copies together, where there is more than one
  Quarantine(Disk disk, Path directory, long maxBytes) {
    this.disk = disk;
    this.directory = directory;
    this.maxBytes = maxBytes;
  }

  /// Keeps a copy of a range that is about to be skipped.
  ///
  /// @return whether there is one; why there is none is told in the log
  boolean keep(Segment segment, long from, long to) {
    Path copy = directory.resolve(String.format("%016x-%016x.damaged", from, to));
    copying.lock();
    try {
      List<Path> copies = disk.list(directory);
      if (copies.contains(copy)) {
        return true;
      }
      checkRoom(copies, to - from);
      write(segment, from, to, copy);
    } catch (IOException e) {
      LOG.atError()
          .addKeyValue("segment", segment.path())
          .addKeyValue("offset", from)
          .addKeyValue("bytes", to - from)
          .addKeyValue("cause", e.getMessage())
          .log(
              "Damaged bytes of the write-ahead log are skipped, and no copy of them can be kept:"
                  + " copy the segment away before it goes, make room, and check the disk");
      return false;
    } finally {
      copying.unlock();
    }
    LOG.atError()
        .addKeyValue("segment", segment.path())
        .addKeyValue("offset", from)
        .addKeyValue("bytes", to - from)
        .addKeyValue("copy", copy)
        .log("Damaged bytes of the write-ahead log are skipped; a copy is kept. Check the disk");
    return true;
  }

  private void checkRoom(List<Path> copies, long more) throws IOException {
    long held = 0;
    for (Path each : copies) {
      held += Files.size(each);
    }
    if (held > 0 && held + more > maxBytes) {
      throw new IOException(
          directory + " holds " + held + " of at most " + maxBytes + " bytes: empty it");
    }
  }

  private void write(Segment segment, long from, long to, Path copy) throws IOException {
    disk.createDirectories(directory);
    Path part = copy.resolveSibling("copy.part");
    try {
      try (DiskFile file = disk.open(part)) {
        file.truncate(0);
        segment.copy(from, to, file);
        file.force();
      }
      disk.rename(part, copy);
      disk.forceDirectory(directory);
    } catch (IOException e) {
      disk.delete(part);
      throw e;
    }
  }
}
