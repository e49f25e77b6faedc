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

/// Appends numbered lines to a file, in writes cut at random bytes, and rotates it by rename. It
/// writes as many lines as it was granted, as fast as it can.
final class RotatingWriter implements AutoCloseable {
  private static final int LEAST_ROTATION = 256 << 10;
  private static final int MOST_ROTATION = 1 << 20;

  private final Path file;
  private final Random random;
  private final Semaphore granted = new Semaphore(0);
  private final AtomicLong lines = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final Thread thread;
  private volatile IOException failure;

  RotatingWriter(Path file, long seed) {
    this.file = file;
    this.random = new Random(seed);
    this.thread = Thread.ofPlatform().name("writer-" + file.getFileName()).start(this::run);
  }

  void grant(int count) {
    granted.release(count);
  }

  long lines() throws IOException {
    if (failure != null) {
      throw failure;
    }
    return lines.get();
  }

  long bytes() {
    return bytes.get();
  }

  /// Waits until all that was granted is written, and ends.
  void finish() throws InterruptedException {
    granted.release(Integer.MAX_VALUE / 2);
    thread.interrupt();
    thread.join();
  }

  @Override
  public void close() throws InterruptedException {
    finish();
  }

  private void run() {
    ByteBuffer pending = ByteBuffer.allocate(64 << 10);
    long inFile = 0;
    int rotateAt = nextRotation();
    FileChannel channel = null;
    try {
      while (true) {
        granted.acquire();
        if (channel == null) {
          channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        long number = lines.get();
        String line =
            file.getFileName() + " " + number + " " + "x".repeat(random.nextInt(300)) + "\n";
        pending.put(line.getBytes(StandardCharsets.UTF_8));
        pending.flip();
        while (pending.hasRemaining()) {
          int size = 1 + random.nextInt(pending.remaining());
          ByteBuffer part = pending.slice(pending.position(), size);
          pending.position(pending.position() + size);
          while (part.hasRemaining()) {
            int written = channel.write(part);
            inFile += written;
            bytes.addAndGet(written);
          }
        }
        pending.clear();
        lines.incrementAndGet();
        if (inFile > rotateAt) {
          channel.close();
          channel = null;
          rotate();
          inFile = 0;
          rotateAt = nextRotation();
        }
      }
    } catch (InterruptedException | java.nio.channels.ClosedByInterruptException e) {
      // The test ends.
    } catch (IOException e) {
      failure = e;
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

  private int nextRotation() {
    return LEAST_ROTATION + random.nextInt(MOST_ROTATION - LEAST_ROTATION);
  }
}
