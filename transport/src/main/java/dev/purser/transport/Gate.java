package dev.purser.transport;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Lets a request through to its handler if it carries the token of that API. Anything unclear
/// denies.
final class Gate {
  private static final String SCHEME = "Bearer ";

  private final Tokens tokens;

  Gate(Tokens tokens) {
    this.tokens = tokens;
  }

  Handler ingest(Handler handler) {
    return behind(Api.INGEST, Tokens.INGEST_FILE, handler);
  }

  Handler query(Handler handler) {
    return behind(Api.QUERY, Tokens.QUERY_FILE, handler);
  }

  private Handler behind(Api needed, String file, Handler handler) {
    String realm = "Bearer realm=\"purser-" + needed.word() + "\"";
    String remedy =
        "send the "
            + needed.word()
            + " token: that of "
            + file
            + " in the hub's data directory, or of the file that hub."
            + needed.word()
            + "TokenFile names";
    return (request, response) -> {
      Optional<Api> opens = presented(request);
      if (opens.isEmpty()) {
        deny(response, Status.UNAUTHORIZED_401, realm, "a valid token is needed: " + remedy);
      } else if (opens.get() == needed) {
        pass(handler, request, response);
      } else {
        deny(
            response,
            Status.FORBIDDEN_403,
            realm + ", error=\"insufficient_scope\"",
            "this token is not for this API: " + remedy);
      }
    };
  }

  /// An interrupt means that the body did not arrive in time, or that the server is being stopped:
  /// no answer would arrive either.
  private static void pass(Handler handler, ServerRequest request, ServerResponse response)
      throws Exception {
    try {
      handler.handle(request, response);
    } catch (InterruptedException e) {
      throw new CloseConnectionException("interrupted", e);
    }
  }

  private Optional<Api> presented(ServerRequest request) throws IOException {
    if (!request.headers().contains(HeaderNames.AUTHORIZATION)) {
      return Optional.empty();
    }
    List<String> values = request.headers().get(HeaderNames.AUTHORIZATION).allValues();
    if (values.size() != 1) {
      return Optional.empty();
    }
    String value = values.getFirst();
    if (!value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Optional.empty();
    }
    return tokens.opens(value.substring(SCHEME.length()));
  }

  private static void deny(
      ServerResponse response, Status status, String challenge, String message) {
    response.header(HeaderNames.WWW_AUTHENTICATE, challenge);
    Answers.fail(response, status, message);
  }
}
