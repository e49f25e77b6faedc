package dev.purser.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.transport.CertificatePin;
import dev.purser.transport.QueryClient;
import dev.purser.transport.QueryRejected;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/// Asks the hub that runs over a data directory, by its API: quicker than a process for each
/// question.
final class Asking {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final ObjectMapper JSON = new ObjectMapper();

  private Asking() {}

  static JsonNode session(Path data) throws IOException {
    return JSON.readTree(Files.readString(data.resolve("hub.json")));
  }

  static JsonNode status(Path data) throws IOException, InterruptedException {
    try (QueryClient client = client(data)) {
      return JSON.readTree(client.status());
    }
  }

  static JsonNode sql(Path data, String query) throws IOException, InterruptedException {
    try (QueryClient client = client(data)) {
      ByteArrayOutputStream rows = new ByteArrayOutputStream();
      client.sql(query, rows);
      return JSON.readTree(rows.toByteArray());
    } catch (QueryRejected e) {
      throw new AssertionError(query, e);
    }
  }

  /// The number that a query names `n`.
  static long number(Path data, String query) throws IOException, InterruptedException {
    return sql(data, query).path(0).path("n").asLong();
  }

  /// Asks until the number is at least `expected`.
  static void awaitAtLeast(Path data, long expected, String query)
      throws IOException, InterruptedException {
    Instant deadline = Instant.now().plus(PATIENCE);
    for (long found = number(data, query); found < expected; found = number(data, query)) {
      if (Instant.now().isAfter(deadline)) {
        throw new AssertionError(query + ": " + found + ", expected " + expected);
      }
    }
  }

  private static QueryClient client(Path data) throws IOException {
    JsonNode session = session(data);
    return new QueryClient(
        URI.create(session.path("url").asText()),
        CertificatePin.parse(session.path("certSha256").asText()),
        data.resolve("query.token"));
  }
}
