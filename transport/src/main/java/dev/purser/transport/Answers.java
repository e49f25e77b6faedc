package dev.purser.transport;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.purser.core.json.JsonTree;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// The bodies of answers that are no data: `{"error": "…"}`.
final class Answers {
  static final String JSON = "application/json";
  static final String BINARY = "application/octet-stream";
  static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private static final int SHOWN_CHARS = 300;

  private Answers() {}

  static void fail(ServerResponse response, Status status, String message) {
    response.status(status);
    send(response, JSON, error(message));
  }

  static void send(ServerResponse response, String contentType, byte[] body) {
    response.header(HeaderNames.CONTENT_TYPE, contentType);
    response.send(body);
  }

  static byte[] error(String message) {
    String quoted = new String(JsonStringEncoder.getInstance().quoteAsString(message));
    return ("{\"error\":\"" + quoted + "\"}").getBytes(StandardCharsets.UTF_8);
  }

  /// The message in an error's body; the body itself, cut, when it is not of that form.
  static String errorOf(byte[] body) {
    try {
      String error = JsonTree.read(new ByteArrayInputStream(body)).path("error").text();
      if (!error.isEmpty()) {
        return error;
      }
    } catch (IOException e) {
      // Not ours: a proxy's page. Shown as it is.
    }
    String text = new String(body, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}+", " ").strip();
    return text.length() <= SHOWN_CHARS ? text : text.substring(0, SHOWN_CHARS) + "…";
  }
}
