package dev.purser.transport;

import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.StreamState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;

/// An agent's hub over the network. Thread-safe. An agent id is a UUID in lower case.
public final class HubClient implements Ingest {
  private static final String PAYLOAD = "application/octet-stream";
  private static final int TOO_LARGE = 413;

  private final HubConnection connection;

  /// Connects at the first call.
  ///
  /// @param tokenFile read for every request
  /// @throws IllegalArgumentException when `hub` is no https URL
  public HubClient(URI hub, CertificatePin pin, Path tokenFile) {
    this(hub, pin, tokenFile, HubConnection.Deadlines.OF_INGEST);
  }

  HubClient(URI hub, CertificatePin pin, Path tokenFile, HubConnection.Deadlines deadlines) {
    this.connection = new HubConnection(hub, pin, tokenFile, deadlines);
  }

  @Override
  public Map<String, StreamState> streams(String agentId) throws IOException, InterruptedException {
    HttpRequest.Builder request = connection.request(path(agentId, "streams")).GET();
    return WireReader.streams(connection.call(request, Limits.MAX_ANSWER_BYTES));
  }

  @Override
  public Reply append(ByteBuffer frame) throws IOException, InterruptedException {
    int length = frame.remaining();
    if (length > Limits.MAX_FRAME_BYTES) {
      return new Reply.Rejected(
          "a frame of " + length + " bytes; send at most " + Limits.MAX_FRAME_BYTES);
    }
    HttpRequest.Builder request =
        connection
            .request("/v1/frames")
            .header("Content-Type", PAYLOAD)
            .POST(BodyPublishers.fromPublisher(new FrameBody(frame), Math.max(1, length)));
    try {
      return WireReader.reply(connection.call(request, Limits.MAX_ANSWER_BYTES));
    } catch (HubRefusal e) {
      if (e.status() == TOO_LARGE) {
        return new Reply.Rejected(e.error());
      }
      throw e;
    }
  }

  @Override
  public void report(String agentId, byte[] statusJson) throws IOException, InterruptedException {
    connection.call(
        connection
            .request(path(agentId, "status"))
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofByteArray(statusJson)),
        Limits.MAX_ERROR_BYTES);
  }

  /// Breaks off calls under way.
  @Override
  public void close() {
    connection.close();
  }

  private static String path(String agentId, String what) {
    if (!AgentIds.isValid(agentId)) {
      throw new IllegalArgumentException(AgentIds.EXPECTED);
    }
    return "/v1/agents/" + agentId + "/" + what;
  }
}
