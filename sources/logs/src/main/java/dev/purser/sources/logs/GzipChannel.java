package dev.purser.sources.logs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/// What a gzip file holds, as a file that can be read by position, so that whoever reads files need
/// not know.
///
/// It keeps the last bytes that it decompressed, and goes on from there; further back it begins
/// anew. Nothing is held before the first byte behind the head is read. Thread-safe.
final class GzipChannel extends FileChannel {
  private static final int STEP_BYTES = 64 << 10;

  private final FileChannel file;
  private final byte[] head;
  private final long size;
  private final int windowBytes;
  private byte[] window = new byte[0];
  private @Nullable GzipStream stream;

  /// @param file closed with it
  /// @param head its first bytes
  /// @param size how many bytes it holds, as far as they can be decompressed
  /// @param windowBytes how far back reading costs nothing
  GzipChannel(FileChannel file, byte[] head, long size, int windowBytes) {
    this.file = file;
    this.head = head;
    this.size = size;
    this.windowBytes = windowBytes + STEP_BYTES;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public synchronized int read(ByteBuffer target, long position) throws IOException {
    if (position >= size) {
      return -1;
    }
    if (position < head.length) {
      int count = (int) Math.min(target.remaining(), head.length - position);
      target.put(head, (int) position, count);
      return count;
    }
    GzipStream source = seek(position);
    int at = (int) (position % window.length);
    long available = Math.min(source.position() - position, window.length - at);
    int count = (int) Math.min(target.remaining(), available);
    target.put(window, at, count);
    return count;
  }

  /// Decompresses until the byte at `position` is in the window.
  private GzipStream seek(long position) throws IOException {
    GzipStream source = stream;
    if (source == null || position < source.position() - window.length) {
      release();
      window = new byte[windowBytes];
      source = new GzipStream(file);
      stream = source;
    }
    while (source.position() <= position) {
      int at = (int) (source.position() % window.length);
      if (source.read(window, at, Math.min(window.length, at + STEP_BYTES)) == 0) {
        throw new IOException("the compressed file was changed while it was read");
      }
    }
    return source;
  }

  private void release() {
    if (stream != null) {
      stream.close();
      stream = null;
    }
    window = new byte[0];
  }

  @Override
  protected synchronized void implCloseChannel() throws IOException {
    release();
    file.close();
  }

  @Override
  public int read(ByteBuffer target) {
    throw unsupported();
  }

  @Override
  public long read(ByteBuffer[] targets, int offset, int length) {
    throw unsupported();
  }

  @Override
  public int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) {
    throw new NonWritableChannelException();
  }

  @Override
  public int write(ByteBuffer source, long position) {
    throw new NonWritableChannelException();
  }

  @Override
  public long position() {
    throw unsupported();
  }

  @Override
  public FileChannel position(long newPosition) {
    throw unsupported();
  }

  @Override
  public FileChannel truncate(long newSize) {
    throw new NonWritableChannelException();
  }

  @Override
  public void force(boolean metaData) {
    throw new NonWritableChannelException();
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) {
    throw unsupported();
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count) {
    throw new NonWritableChannelException();
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long length) {
    throw unsupported();
  }

  @Override
  public FileLock lock(long position, long length, boolean shared) {
    throw unsupported();
  }

  @Override
  public FileLock tryLock(long position, long length, boolean shared) {
    throw unsupported();
  }

  private static UnsupportedOperationException unsupported() {
    return new UnsupportedOperationException("decompressed bytes are read by position only");
  }
}
