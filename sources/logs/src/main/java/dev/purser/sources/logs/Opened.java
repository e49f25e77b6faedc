package dev.purser.sources.logs;

import java.nio.channels.FileChannel;

/// A file that was opened, while it is not clear yet who is to read it: closed with this, unless
/// somebody took it. Owned by one thread.
final class Opened implements AutoCloseable {
  private final FileChannel channel;
  private boolean taken;

  Opened(FileChannel channel) {
    this.channel = channel;
  }

  FileChannel channel() {
    return channel;
  }

  /// Whoever takes it closes it.
  FileChannel take() {
    taken = true;
    return channel;
  }

  @Override
  public void close() {
    if (!taken) {
      Newborns.close(channel);
    }
  }
}
