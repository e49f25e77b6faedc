package dev.purser.sources.logs;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// The memory of one reader thread, in which all its files are read, one after the other.
final class Slab implements AutoCloseable {
  /// Small enough to stay in the second-level cache between read, search and copy.
  static final int CHUNK_BYTES = 256 << 10;

  /// The kernel copies into a page-aligned target several times as fast as into any other.
  private static final int PAGE_BYTES = 4096;

  private final Arena arena = Arena.ofShared();
  private final Cuts cuts = new Cuts(arena);
  private final ByteBuffer head = arena.allocate(Fingerprint.MAX_BYTES).asByteBuffer();
  private MemorySegment data = MemorySegment.NULL;
  private ByteBuffer buffer = data.asByteBuffer();

  /// Makes room for `bytes`; what was there is lost.
  void reserve(int bytes) {
    if (data.byteSize() < bytes) {
      data = arena.allocate(bytes, PAGE_BYTES);
      buffer = data.asByteBuffer();
    }
  }

  MemorySegment data() {
    return data;
  }

  Cuts cuts() {
    return cuts;
  }

  /// The bytes `[from, to)` of the slab.
  ByteBuffer bytes(int from, int to) {
    return buffer.slice(from, to - from);
  }

  /// Reads `file` from `position` into `[from, to)`, until full or the file's end.
  ///
  /// @return up to where the slab is filled
  int fill(FileChannel file, long position, int from, int to) throws IOException {
    ByteBuffer target = bytes(from, to);
    int filled = from;
    while (target.hasRemaining()) {
      int read = file.read(target, position + filled);
      if (read <= 0) {
        break;
      }
      filled += read;
    }
    return filled;
  }

  /// The first bytes of `file`, at most [Fingerprint#MAX_BYTES]; valid until the next call.
  ByteBuffer head(FileChannel file) throws IOException {
    return readHead(file, head);
  }

  static ByteBuffer readHead(FileChannel file, ByteBuffer buffer) throws IOException {
    buffer.clear();
    while (buffer.hasRemaining() && file.read(buffer, buffer.position()) > 0) {
      // until full or the file's end
    }
    return buffer.flip();
  }

  @Override
  public void close() {
    arena.close();
  }
}
