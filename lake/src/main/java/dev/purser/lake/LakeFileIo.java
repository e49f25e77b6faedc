package dev.purser.lake;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;
import org.apache.iceberg.io.SeekableInputStream;

/// Iceberg's files on the local disk. A file is on the medium, with its name, once its stream is
/// closed.
///
/// Metadata files are small: they are held in memory while they are written and read. Thread-safe.
final class LakeFileIo implements FileIO {
  private static final long serialVersionUID = 1;
  private static final String SCHEME = "file://";

  private final transient DurableFiles files;

  LakeFileIo(DurableFiles files) {
    this.files = files;
  }

  /// How the metadata name a file: with its scheme, so that other engines find it too.
  static String location(Path path) {
    return SCHEME + path.toAbsolutePath().normalize();
  }

  static Path path(String location) {
    return Path.of(location.startsWith(SCHEME) ? location.substring(SCHEME.length()) : location);
  }

  @Override
  public InputFile newInputFile(String location) {
    return new LocalInput(location);
  }

  @Override
  public OutputFile newOutputFile(String location) {
    return new LocalOutput(location, files);
  }

  @Override
  public void deleteFile(String location) {
    try {
      files.disk().delete(path(location));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Serial
  private void writeObject(ObjectOutputStream out) throws IOException {
    throw new NotSerializableException("the lake's files stay in their process");
  }

  private record LocalInput(String location) implements InputFile {
    @Override
    public long getLength() {
      try {
        return Files.size(path(location));
      } catch (NoSuchFileException e) {
        throw new NotFoundException(e, "no file %s", location);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public SeekableInputStream newStream() {
      try {
        return new BytesInput(Files.readAllBytes(path(location)));
      } catch (NoSuchFileException e) {
        throw new NotFoundException(e, "no file %s", location);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public boolean exists() {
      return Files.exists(path(location));
    }
  }

  private record LocalOutput(String location, DurableFiles files) implements OutputFile {
    @Override
    public PositionOutputStream create() {
      if (Files.exists(path(location))) {
        throw new AlreadyExistsException("file %s is there already", location);
      }
      return createOrOverwrite();
    }

    @Override
    public PositionOutputStream createOrOverwrite() {
      return new BytesOutput(files, path(location));
    }

    @Override
    public InputFile toInputFile() {
      return new LocalInput(location);
    }
  }

  private static final class BytesOutput extends PositionOutputStream {
    private final Buffer buffer = new Buffer();
    private final DurableFiles files;
    private final Path path;
    private boolean closed;

    BytesOutput(DurableFiles files, Path path) {
      this.files = files;
      this.path = path;
    }

    @Override
    public long getPos() {
      return buffer.size();
    }

    @Override
    public void write(int b) {
      buffer.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      buffer.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      if (!closed) {
        closed = true;
        files.write(path, buffer.array(), buffer.size());
      }
    }
  }

  /// Gives its bytes without a copy.
  private static final class Buffer extends ByteArrayOutputStream {
    byte[] array() {
      return buf;
    }
  }

  private static final class BytesInput extends SeekableInputStream {
    private final byte[] bytes;
    private int position;

    BytesInput(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public long getPos() {
      return position;
    }

    @Override
    public void seek(long newPosition) throws IOException {
      if (newPosition < 0 || newPosition > bytes.length) {
        throw new IOException("seek to " + newPosition + " in " + bytes.length + " bytes");
      }
      position = (int) newPosition;
    }

    @Override
    public int read() {
      return position < bytes.length ? bytes[position++] & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      if (position == bytes.length && length > 0) {
        return -1;
      }
      int count = Math.min(length, bytes.length - position);
      System.arraycopy(bytes, position, into, offset, count);
      position += count;
      return count;
    }
  }
}
