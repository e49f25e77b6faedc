package dev.purser.e2e;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Appends numbered lines to a file, in writes cut at random bytes, and rotates it by rename. It
/// writes as many lines as it was granted, as fast as it can.
final class RotatingWriter {
  private static final int LEAST_ROTATION = 256 << 10;
  private static final int MOST_ROTATION = 1 << 20;

  private final Path file;
  private final Random random;
  private final Semaphore granted = new Semaphore(0);
  private final AtomicLong lines = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final Thread thread;
  private volatile @Nullable IOException failure;
  private volatile boolean finishing;

  RotatingWriter(Path file, long seed) {
    this.file = file;
    this.random = new Random(seed);
    this.thread = Thread.ofPlatform().name("writer-" + file.getFileName()).start(this::run);
  }

  void grant(int count) {
    granted.release(count);
  }

  long lines() throws IOException {
    IOException seen = failure;
    if (seen != null) {
      throw seen;
    }
    return lines.get();
  }

  long bytes() {
    return bytes.get();
  }

  /// Waits until all that was granted is written, and ends.
  void finish() throws InterruptedException {
    finishing = true;
    granted.release();
    thread.join();
  }

  private void run() {
    try {
      while (writeOneFile()) {
        rotate();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      failure = e;
    }
  }

  /// @return false when all that was granted is written and nothing more will be
  private boolean writeOneFile() throws IOException, InterruptedException {
    int rotateAt = LEAST_ROTATION + random.nextInt(MOST_ROTATION - LEAST_ROTATION);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      while (channel.size() < rotateAt) {
        granted.acquire();
        if (finishing && granted.availablePermits() == 0) {
          return false;
        }
        String line =
            file.getFileName() + " " + lines + " " + "x".repeat(random.nextInt(300)) + "\n";
        writeCut(channel, ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        lines.incrementAndGet();
      }
    }
    return true;
  }

  private void writeCut(FileChannel channel, ByteBuffer line) throws IOException {
    while (line.hasRemaining()) {
      int size = 1 + random.nextInt(line.remaining());
      int written = channel.write(line.slice(line.position(), size));
      line.position(line.position() + written);
      bytes.addAndGet(written);
    }
  }

  /// file.2 becomes file.3, file.1 becomes file.2, file becomes file.1.
  private void rotate() throws IOException {
    int last = 0;
    while (Files.exists(sibling(last + 1))) {
      last++;
    }
    for (int i = last; i > 0; i--) {
      Files.move(sibling(i), sibling(i + 1));
    }
    Files.move(file, sibling(1));
  }

  private Path sibling(int number) {
    return file.resolveSibling(file.getFileName() + "." + number);
  }
}
