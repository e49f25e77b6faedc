package dev.purser.rig;

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
public final class Asking implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final QueryClient client;

  /// @param data of a hub that is up
  public Asking(Path data) throws IOException {
    JsonNode session = session(data);
    client =
        new QueryClient(
            URI.create(session.path("url").asText()),
            CertificatePin.parse(session.path("certSha256").asText()),
            data.resolve("query.token"));
  }

  /// What a hub tells those on its host: its address, and by which certificate to know it.
  public static JsonNode session(Path data) throws IOException {
    return JSON.readTree(Files.readString(data.resolve("hub.json")));
  }

  /// `hub` in the config of an agent on the same host.
  public static String hubOfAgents(Path data) throws IOException {
    JsonNode session = session(data);
    return "{ url: \"%s\", certSha256: \"%s\", tokenFile: \"%s/ingest.token\" }"
        .formatted(session.path("url").asText(), session.path("certSha256").asText(), data);
  }

  public JsonNode status() throws IOException, InterruptedException {
    return JSON.readTree(client.status());
  }

  public String metrics() throws IOException, InterruptedException {
    return client.metrics();
  }

  /// Rows of a query.
  public JsonNode sql(String query) throws IOException, InterruptedException {
    try {
      ByteArrayOutputStream rows = new ByteArrayOutputStream();
      client.sql(query, rows);
      return JSON.readTree(rows.toByteArray());
    } catch (QueryRejected e) {
      throw new AssertionError(query, e);
    }
  }

  /// The number that a query names `n`.
  public long number(String query) throws IOException, InterruptedException {
    return sql(query).path(0).path("n").asLong();
  }

  /// Asks until the number is at least `expected`.
  public void awaitAtLeast(long expected, String query) throws IOException, InterruptedException {
    Instant deadline = Instant.now().plus(PATIENCE);
    for (long found = number(query); found < expected; found = number(query)) {
      if (Instant.now().isAfter(deadline)) {
        throw new AssertionError(query + ": " + found + ", expected " + expected);
      }
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
