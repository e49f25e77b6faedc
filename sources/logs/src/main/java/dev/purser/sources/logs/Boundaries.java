package dev.purser.sources.logs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// Where the lines of a file end, as far as a position in it is concerned. Keeps no state.
final class Boundaries {
  private final Surroundings surroundings;

  Boundaries(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /// Records of lines end with a line end, so that a position that does not follow one shows other
  /// bytes than those that were read; unless it lies within a line that was cut at the size limit.
  boolean isBoundary(FoundFile file, FileChannel channel, long position) throws IOException {
    long from = Math.max(0, position - surroundings.config().maxRecordBytes());
    return position == 0
        || byteAt(channel, position - 1) == '\n'
        // A record that was cut at the size limit left its last line end to its rest.
        || byteAt(channel, position) == '\n'
        || lineEndBefore(channel, position, from) < 0
        || !endsWithLineFeeds(file);
  }

  /// The end of the last line in the file.
  long lastBoundary(FoundFile file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (!endsWithLineFeeds(file)) {
      return size;
    }
    long from = Math.max(0, size - surroundings.config().maxRecordBytes());
    long end = lineEndBefore(channel, size, from);
    return end >= 0 ? end + 1 : from == 0 ? 0 : size;
  }

  private boolean endsWithLineFeeds(FoundFile file) {
    return surroundings.planner().read(file.base()).splitter().endsWithLineFeeds();
  }

  private static int byteAt(FileChannel channel, long position) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    return channel.read(one, position) == 1 ? one.get(0) : -1;
  }

  /// The position of the last line end in `[from, to)`, or -1.
  private static long lineEndBefore(FileChannel channel, long to, long from) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(8192);
    for (long end = to; end > from; ) {
      long start = Math.max(from, end - block.capacity());
      block.clear().limit((int) (end - start));
      while (block.hasRemaining() && channel.read(block, start + block.position()) > 0) {
        // until full
      }
      for (int i = block.position() - 1; i >= 0; i--) {
        if (block.get(i) == '\n') {
          return start + i;
        }
      }
      end = start;
    }
    return -1;
  }
}
