package dev.purser.kubernetes;

import io.fabric8.kubernetes.client.http.AsyncBody;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The lines of a watch, read by one thread in blocking calls. The connection's threads hand over
/// one piece at a time, and the next is only asked for when that is taken: a reader that waits
/// holds the server back.
public final class WatchStream implements AutoCloseable {
  /// An object in etcd has at most 1.5 MB.
  private static final int MAX_LINE_BYTES = 16 << 20;

  /// What [#next] came upon.
  public enum Next {
    /// A line, see [#bytes].
    LINE,
    /// Nothing within the time given.
    QUIET,
    /// [#wake] was called.
    WOKEN,
    /// The server closed the watch; bytes of a line that did not end are dropped.
    ENDED
  }

  private sealed interface Signal {
    record Bytes(List<ByteBuffer> pieces) implements Signal {}

    record End(@Nullable Throwable cause) implements Signal {}

    record Wake() implements Signal {}
  }

  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
  private @Nullable AsyncBody body;
  private byte[] buffer = new byte[1 << 16];
  private int lineStart;
  private int lineEnd;
  private int next;
  private int scanned;
  private int filled;

  /// The connection's side: takes a piece.
  void offer(List<ByteBuffer> pieces, AsyncBody body) {
    signals.add(new Signal.Bytes(pieces));
  }

  /// The answer's head has come.
  void begin(AsyncBody body) {
    this.body = body;
    CompletableFuture<Boolean> _ =
        body.done().handle((nothing, cause) -> signals.add(new Signal.End(cause)));
    body.consume();
  }

  /// Makes [#next] return; from any thread.
  public void wake() {
    signals.add(new Signal.Wake());
  }

  /// Waits for the next line, at most `nanos`.
  ///
  /// @throws IOException when the connection broke
  public Next next(long nanos) throws IOException, InterruptedException {
    while (!findLine()) {
      Signal signal = signals.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS);
      switch (signal) {
        case null -> {
          return Next.QUIET;
        }
        case Signal.Wake() -> {
          return Next.WOKEN;
        }
        case Signal.End(Throwable cause) -> {
          signals.add(signal);
          if (cause != null) {
            throw new IOException(
                "the watch broke: " + ApiServer.quote(String.valueOf(cause)), cause);
          }
          return Next.ENDED;
        }
        case Signal.Bytes(List<ByteBuffer> pieces) -> take(pieces);
      }
    }
    return Next.LINE;
  }

  /// Where the line lies; valid until the next call of [#next].
  public byte[] bytes() {
    return buffer;
  }

  public int lineStart() {
    return lineStart;
  }

  /// In front of the line feed.
  public int lineEnd() {
    return lineEnd;
  }

  /// What comes until the end, for answers that are no watch; at most a line's size, at most
  /// `millis` for each piece.
  byte[] readAll(long millis) throws InterruptedException {
    while (filled < MAX_LINE_BYTES) {
      Signal signal = signals.poll(millis, TimeUnit.MILLISECONDS);
      if (!(signal instanceof Signal.Bytes(List<ByteBuffer> pieces))) {
        break;
      }
      try {
        take(pieces);
      } catch (IOException e) {
        break;
      }
    }
    return Arrays.copyOf(buffer, filled);
  }

  @Override
  public void close() {
    if (body != null) {
      body.cancel();
    }
  }

  private boolean findLine() {
    while (scanned < filled) {
      if (buffer[scanned++] == '\n') {
        lineStart = next;
        lineEnd = scanned - 1;
        next = scanned;
        return true;
      }
    }
    return false;
  }

  private void take(List<ByteBuffer> pieces) throws IOException {
    System.arraycopy(buffer, next, buffer, 0, filled - next);
    filled -= next;
    scanned -= next;
    next = 0;
    for (ByteBuffer piece : pieces) {
      int size = piece.remaining();
      if (filled + size > MAX_LINE_BYTES) {
        throw new IOException("a line of the watch is longer than " + MAX_LINE_BYTES + " bytes");
      }
      if (filled + size > buffer.length) {
        buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, filled + size));
      }
      piece.get(buffer, filled, size);
      filled += size;
    }
    if (body != null) {
      body.consume();
    }
  }
}
