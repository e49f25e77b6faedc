package dev.purser.testkit;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.DiskFile;
import dev.purser.core.disk.LocalDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/// A local disk of which some operations fail, from [#fail] to [#heal]. Thread-safe.
public final class FailingDisk implements Disk {
  /// What can fail.
  public enum Operation {
    /// Opening, writing, truncating, creating directories, renaming: as on a full disk.
    WRITE,
    /// Forcing a file or a directory: as on a broken disk.
    FORCE
  }

  private final LocalDisk local = new LocalDisk();
  private volatile Set<Operation> failing = Set.of();

  public void fail(Operation operation) {
    failing = Set.of(operation);
  }

  public void heal() {
    failing = Set.of();
  }

  @Override
  public DiskFile open(Path file) throws IOException {
    check(Operation.WRITE);
    DiskFile opened = local.open(file);
    return new DiskFile() {
      @Override
      public int read(ByteBuffer into, long offset) throws IOException {
        return opened.read(into, offset);
      }

      @Override
      public void write(ByteBuffer bytes, long offset) throws IOException {
        check(Operation.WRITE);
        opened.write(bytes, offset);
      }

      @Override
      public void truncate(long sizeBytes) throws IOException {
        check(Operation.WRITE);
        opened.truncate(sizeBytes);
      }

      @Override
      public long sizeBytes() throws IOException {
        return opened.sizeBytes();
      }

      @Override
      public void force() throws IOException {
        check(Operation.FORCE);
        opened.force();
      }

      @Override
      public void close() throws IOException {
        opened.close();
      }
    };
  }

  @Override
  public void force(Path file) throws IOException {
    check(Operation.FORCE);
    local.force(file);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    check(Operation.FORCE);
    local.forceDirectory(directory);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    check(Operation.WRITE);
    local.rename(from, to);
  }

  @Override
  public void delete(Path file) throws IOException {
    local.delete(file);
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    return local.list(directory);
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    check(Operation.WRITE);
    local.createDirectories(directory);
  }

  @Override
  public void createPrivateDirectory(Path directory) throws IOException {
    check(Operation.WRITE);
    local.createPrivateDirectory(directory);
  }

  private void check(Operation operation) throws IOException {
    if (failing.contains(operation)) {
      throw new IOException(
          switch (operation) {
            case WRITE -> "No space left on device";
            case FORCE -> "Input/output error";
          });
    }
  }
}
