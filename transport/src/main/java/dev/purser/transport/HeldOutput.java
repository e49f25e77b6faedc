package dev.purser.transport;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// An answer's body that holds back its first bytes, so that what fails early can still be answered
/// by an error's status. What fails later breaks the stream off. Used by one thread.
final class HeldOutput extends OutputStream {
  private static final int HELD_BYTES = 32 << 10;

  private final ServerResponse response;
  private final Duration readerDeadline;
  private final Watchdog watchdog;
  private final byte[] held = new byte[HELD_BYTES];
  private int heldBytes;
  private @Nullable OutputStream out;

  /// @param readerDeadline after which a reader that takes nothing is given up
  HeldOutput(ServerResponse response, Duration readerDeadline, Watchdog watchdog) {
    this.response = response;
    this.readerDeadline = readerDeadline;
    this.watchdog = watchdog;
  }

  boolean hasBegun() {
    return out != null;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (length > HELD_BYTES - heldBytes) {
      passHeld();
      if (length >= HELD_BYTES) {
        pass(bytes, offset, length);
        return;
      }
    }
    System.arraycopy(bytes, offset, held, heldBytes, length);
    heldBytes += length;
  }

  /// Ends a whole answer.
  void finish() throws IOException {
    Future<?> deadline = watchdog.guard(readerDeadline);
    try {
      if (out == null) {
        response.header(HeaderNames.CONTENT_TYPE, Answers.JSON);
        response.send(held, 0, heldBytes);
      } else {
        passHeld();
        out.close();
      }
    } finally {
      deadline.cancel(false);
    }
  }

  /// Ends an answer that has begun, so that its reader knows it is not whole.
  CloseConnectionException broken(Throwable cause) {
    return new CloseConnectionException("query failed after its answer began", cause);
  }

  private void passHeld() throws IOException {
    int length = heldBytes;
    heldBytes = 0;
    pass(held, 0, length);
  }

  private void pass(byte[] bytes, int offset, int length) throws IOException {
    OutputStream stream = out;
    Future<?> deadline = watchdog.guard(readerDeadline);
    try {
      if (stream == null) {
        response.header(HeaderNames.CONTENT_TYPE, Answers.JSON);
        stream = response.outputStream();
        out = stream;
      }
      if (length > 0) {
        stream.write(bytes, offset, length);
      }
    } catch (RuntimeException e) {
      throw new ReaderGone(e);
    } finally {
      deadline.cancel(false);
    }
  }

  /// Nobody takes the answer any more, or nobody took any of it for too long.
  static final class ReaderGone extends IOException {
    private static final long serialVersionUID = 1;

    ReaderGone(Throwable cause) {
      super("the reader of the answer is gone, or too slow", cause);
    }
  }
}
