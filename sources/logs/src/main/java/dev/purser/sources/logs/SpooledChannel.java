package dev.purser.sources.logs;

import dev.purser.core.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/// A deleted file as far as the [Spool] keeps it: its first bytes, and all from an offset on, each
/// at the position that it had. Thread-safe.
final class SpooledChannel extends ContentChannel {
  private final DiskFile copy;
  private final SpoolHeader header;
  private final long dataAt;

  /// @param copy closed with it
  /// @param dataAt offset in `copy` of the first byte that is kept
  SpooledChannel(DiskFile copy, SpoolHeader header, long dataAt) {
    this.copy = copy;
    this.header = header;
    this.dataAt = dataAt;
  }

  /// The offset of the first byte that is kept, the head apart.
  long from() {
    return header.from();
  }

  @Override
  public long size() {
    return header.size();
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    if (position >= header.size()) {
      return -1;
    }
    if (position >= header.from()) {
      return copy.read(target, dataAt + position - header.from());
    }
    byte[] head = header.head();
    if (position >= head.length) {
      throw new IOException("byte " + position + " is before those that are kept");
    }
    int count = (int) Math.min(target.remaining(), head.length - position);
    target.put(head, (int) position, count);
    return count;
  }

  @Override
  protected void implCloseChannel() throws IOException {
    copy.close();
  }
}
