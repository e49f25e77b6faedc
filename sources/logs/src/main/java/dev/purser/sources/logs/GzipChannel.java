package dev.purser.sources.logs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/// What a gzip file holds, as a file that can be read by position, so that whoever reads files need
/// not know.
///
/// It keeps the last bytes that it decompressed, and goes on from there; further back it begins
/// anew. Nothing is held before the first byte behind the head is read. Thread-safe.
final class GzipChannel extends ContentChannel {
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
}
