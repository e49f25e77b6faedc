package dev.purser.core.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/// The local file system.
public final class LocalDisk implements Disk {
  private static final FileAttribute<?> FOR_OWNER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  @Override
  public DiskFile open(Path file) throws IOException {
    return new LocalFile(file);
  }

  @Override
  public void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (java.util.stream.Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    create(directory);
  }

  @Override
  public void createPrivateDirectory(Path directory) throws IOException {
    create(directory, FOR_OWNER);
  }

  private void create(Path directory, FileAttribute<?>... attributes) throws IOException {
    Path absolute = directory.toAbsolutePath();
    if (Files.isDirectory(absolute)) {
      return;
    }
    Path parent = absolute.getParent();
    if (parent != null) {
      createDirectories(parent);
    }
    Files.createDirectory(absolute, attributes);
    if (parent != null) {
      forceDirectory(parent);
    }
  }

  /// No FileChannel: an interrupt of a thread that uses one closes it for all.
  private static final class LocalFile implements DiskFile {
    private final RandomAccessFile writing;
    private final RandomAccessFile reading;
    private byte[] copy = new byte[0];

    LocalFile(Path file) throws IOException {
      writing = new RandomAccessFile(file.toFile(), "rw");
      try {
        reading = new RandomAccessFile(file.toFile(), "r");
      } catch (IOException e) {
        writing.close();
        throw e;
      }
    }

    @Override
    public int read(ByteBuffer into, long offset) throws IOException {
      byte[] bytes = into.hasArray() ? into.array() : new byte[into.remaining()];
      int at = into.hasArray() ? into.arrayOffset() + into.position() : 0;
      int read;
      synchronized (reading) {
        reading.seek(offset);
        read = reading.read(bytes, at, into.remaining());
      }
      if (read > 0 && into.hasArray()) {
        into.position(into.position() + read);
      } else if (read > 0) {
        into.put(bytes, 0, read);
      }
      return read;
    }

    @Override
    public void write(ByteBuffer bytes, long offset) throws IOException {
      synchronized (writing) {
        writing.seek(offset);
        if (bytes.hasArray()) {
          writing.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
          bytes.position(bytes.limit());
          return;
        }
        if (copy.length < bytes.remaining()) {
          copy = new byte[bytes.remaining()];
        }
        int size = bytes.remaining();
        bytes.get(copy, 0, size);
        writing.write(copy, 0, size);
      }
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      synchronized (writing) {
        writing.setLength(sizeBytes);
      }
    }

    @Override
    public long sizeBytes() throws IOException {
      return writing.length();
    }

    @Override
    public void force() throws IOException {
      writing.getFD().sync();
    }

    @Override
    public void close() throws IOException {
      try (writing) {
        reading.close();
      }
    }
  }
}
