package dev.purser.transport;

import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.StreamState;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;

/// A hub whose answers a test sets.
final class FakeHub implements HubApi, Ingest {
  static final UUID START = new UUID(0x1234, 5);

  volatile Append append = frame -> new Reply.Accepted(frame.remaining(), 0);
  volatile Streams streams = agentId -> Map.of();
  volatile Query query = (sql, out) -> out.write("[{\"x\":1}]".getBytes(StandardCharsets.UTF_8));
  volatile Query tail =
      (request, out) -> out.write("{\"rows\":[],\"next\":\"1\"}".getBytes(StandardCharsets.UTF_8));
  volatile String reported = "";

  @Override
  public Ingest ingest() {
    return this;
  }

  @Override
  public void query(String sql, OutputStream jsonArrayOut) throws QueryRejected, IOException {
    query.run(sql, jsonArrayOut);
  }

  @Override
  public void tail(String request, OutputStream jsonOut) throws QueryRejected, IOException {
    tail.run(request, jsonOut);
  }

  @Override
  public byte[] status() {
    return "{\"status\":true}".getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] tables() {
    return "[\"tables\"]".getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String metrics() {
    return "purser_up 1\n";
  }

  @Override
  public Map<String, StreamState> streams(String agentId) {
    return streams.of(agentId);
  }

  @Override
  public Reply append(ByteBuffer frame) throws IOException, InterruptedException {
    return append.take(frame);
  }

  @Override
  public UUID report(String agentId, byte[] statusJson) {
    reported = agentId + " " + new String(statusJson, StandardCharsets.UTF_8);
    return START;
  }

  @Override
  public void close() {}

  interface Streams {
    Map<String, StreamState> of(String agentId);
  }

  interface Append {
    Reply take(ByteBuffer frame) throws IOException, InterruptedException;
  }

  interface Query {
    void run(String sql, OutputStream out) throws QueryRejected, IOException;
  }
}
