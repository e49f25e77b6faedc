package dev.purser.transport;

import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;

/// Tells a supervisor that the hub serves, without a token. A hub listens only once its log and
/// lake are open, refuses every request while it closes, and ends when it cannot go on: so to be
/// alive and to be ready are one thing.
final class HealthRoutes implements HttpService {
  private static final byte[] SERVING =
      "{\"status\":\"serving\"}".getBytes(StandardCharsets.US_ASCII);

  @Override
  public void routing(HttpRules rules) {
    rules.get("/healthz", (request, response) -> serving(response));
    rules.get("/readyz", (request, response) -> serving(response));
  }

  private static void serving(ServerResponse response) {
    Answers.send(response, Answers.JSON, SERVING);
  }
}
