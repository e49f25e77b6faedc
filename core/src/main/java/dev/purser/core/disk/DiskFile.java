package dev.purser.core.disk;

import java.io.IOException;
import java.nio.ByteBuffer;

/// An open file of a [Disk]. Reads may run beside one writer.
public interface DiskFile extends AutoCloseable {
  /// Reads up to `into.remaining()` bytes at `offset`; -1 at the end.
  int read(ByteBuffer into, long offset) throws IOException;

  /// Writes all of `bytes` at `offset`.
  void write(ByteBuffer bytes, long offset) throws IOException;

  void truncate(long sizeBytes) throws IOException;

  long sizeBytes() throws IOException;

  /// Returns when all bytes written are on the medium.
  void force() throws IOException;

  @Override
  void close() throws IOException;
}
