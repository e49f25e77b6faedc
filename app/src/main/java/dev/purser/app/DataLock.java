package dev.purser.app;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// The data directory, for one process alone. The kernel lets go of it however the process ends.
final class DataLock implements AutoCloseable {
  private final FileChannel channel;

  private DataLock(FileChannel channel) {
    this.channel = channel;
  }

  /// Creates the directory where it is missing; see [DataDirectory#prepare].
  static DataLock take(Path data) throws UserError {
    try {
      DataDirectory.prepare(data);
      FileChannel channel =
          FileChannel.open(
              data.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new UserError(
            ExitCode.FAILED,
            "another purser uses the data directory "
                + data
                + ": stop it, or choose another with --data");
      }
      return new DataLock(channel);
    } catch (IOException e) {
      throw new UserError(
          ExitCode.FAILED,
          "cannot use the data directory "
              + data
              + ": "
              + Host.reason(e)
              + "; choose another with --data");
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }
}
