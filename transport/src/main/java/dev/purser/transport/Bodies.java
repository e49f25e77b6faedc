package dev.purser.transport;

import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;

/// Reads request bodies, no more of them than allowed.
final class Bodies {
  private Bodies() {}

  /// Reads a body of unknown length.
  ///
  /// @throws HttpException 413 when it is longer than `maxBytes`
  static byte[] read(ServerRequest request, int maxBytes, String what) throws IOException {
    OptionalLong declared = request.headers().contentLength();
    if (declared.isPresent() && declared.getAsLong() > maxBytes) {
      throw tooLarge(what, declared.getAsLong(), maxBytes);
    }
    if (!request.content().hasEntity()) {
      return new byte[0];
    }
    InputStream in = request.content().inputStream();
    byte[] body = in.readNBytes(maxBytes + 1);
    if (body.length > maxBytes) {
      throw tooLarge(what, body.length, maxBytes);
    }
    if (declared.isPresent() && declared.getAsLong() != body.length) {
      throw cutOff(what);
    }
    return body;
  }

  /// The length that a request declares.
  ///
  /// @throws HttpException 411 or 413 when there is none, or when it is above `maxBytes`
  static int declared(ServerRequest request, int maxBytes, String what) {
    long length =
        request
            .headers()
            .contentLength()
            .orElseThrow(() ->
                new HttpException(
                    "send the " + what + "'s Content-Length", Status.LENGTH_REQUIRED_411));
    if (length > maxBytes) {
      throw tooLarge(what, length, maxBytes);
    }
    return Math.toIntExact(length);
  }

  /// Reads a body of exactly `length` bytes. A sender that dies looks to the server like an end of
  /// the body, so a short one is never taken for whole.
  static void readExactly(ServerRequest request, byte[] into, int length, String what)
      throws IOException {
    if (length == 0) {
      return;
    }
    InputStream in = request.content().inputStream();
    if (in.readNBytes(into, 0, length) != length || in.read() != -1) {
      throw cutOff(what);
    }
  }

  private static HttpException tooLarge(String what, long bytes, int maxBytes) {
    return new HttpException(
        "a " + what + " of " + bytes + " bytes; send at most " + maxBytes,
        Status.REQUEST_ENTITY_TOO_LARGE_413);
  }

  /// Nobody is there to read an answer, or it would come while bytes are still being sent.
  private static CloseConnectionException cutOff(String what) {
    return new CloseConnectionException("a " + what + " did not arrive whole");
  }
}
