package dev.purser.transport;

import dev.purser.core.disk.LocalDisk;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// A real server on a free port of loopback, before a [FakeHub].
final class TestHub implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  final FakeHub fake = new FakeHub();
  final Path data;
  final HubIdentity identity;
  final HubServer server;

  TestHub(Path data) throws IOException {
    this(data, 0, Limits.BODY_DEADLINE, Duration.ofMillis(500));
  }

  TestHub(Path data, int port, Duration body, Duration drain) throws IOException {
    this(data, port, new HubServer.Deadlines(body, Limits.SLOW_READER_DEADLINE, drain));
  }

  TestHub(Path data, int port, HubServer.Deadlines deadlines) throws IOException {
    this(data, port, Tokens.Files.NONE, deadlines);
  }

  TestHub(Path data, int port, Tokens.Files tokens, HubServer.Deadlines deadlines)
      throws IOException {
    LocalDisk disk = new LocalDisk();
    this.data = data;
    this.identity = HubIdentity.open(data, disk, List.of("hub.example"), NOW);
    this.server =
        new HubServer(
            new ListenAddress("127.0.0.1", port),
            identity,
            Tokens.open(data, disk, tokens),
            fake,
            deadlines);
  }

  URI url() {
    return URI.create("https://127.0.0.1:" + server.address().getPort());
  }

  HubClient agent() {
    return new HubClient(url(), identity.certSha256(), data.resolve(Tokens.INGEST_FILE));
  }

  HubClient agent(HubConnection.Deadlines deadlines) {
    return new HubClient(url(), identity.certSha256(), data.resolve(Tokens.INGEST_FILE), deadlines);
  }

  QueryClient user() {
    return new QueryClient(url(), identity.certSha256(), data.resolve(Tokens.QUERY_FILE));
  }

  @Override
  public void close() {
    server.close();
  }
}
