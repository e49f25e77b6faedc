package dev.purser.transport;

import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.StreamState;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.classic.methods.HttpPut;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;

/// An agent's hub over the network. Thread-safe. An agent id is a UUID in lower case.
public final class HubClient implements Ingest {
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
    this.connection = HubConnection.pinned(hub, pin, tokenFile, deadlines);
  }

  /// To a hub whose certificate is not known beforehand: it must prove to know the token, before
  /// the first call, and again where it shows another certificate.
  ///
  /// @throws IllegalArgumentException when `hub` is no https URL
  public HubClient(URI hub, Path tokenFile) {
    this(hub, tokenFile, HubConnection.Deadlines.OF_INGEST);
  }

  HubClient(URI hub, Path tokenFile, HubConnection.Deadlines deadlines) {
    this.connection = HubConnection.proven(hub, Api.INGEST, tokenFile, deadlines);
  }

  @Override
  public Map<String, StreamState> streams(String agentId) throws IOException, InterruptedException {
    HttpGet request = new HttpGet(connection.at(path(agentId, "streams")));
    return WireReader.streams(connection.call(request, Limits.MAX_ANSWER_BYTES));
  }

  @Override
  public Reply append(ByteBuffer frame) throws IOException, InterruptedException {
    int length = frame.remaining();
    if (length > Limits.MAX_FRAME_BYTES) {
      return new Reply.Rejected(
          "a frame of " + length + " bytes; send at most " + Limits.MAX_FRAME_BYTES);
    }
    HttpPost request = new HttpPost(connection.at("/v1/frames"));
    request.setEntity(entity(frame));
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
  public UUID report(String agentId, byte[] statusJson) throws IOException, InterruptedException {
    HttpPut request = new HttpPut(connection.at(path(agentId, "status")));
    request.setEntity(new ByteArrayEntity(statusJson, ContentType.APPLICATION_JSON));
    return WireReader.start(connection.call(request, Limits.MAX_ANSWER_BYTES));
  }

  /// Breaks off calls under way.
  @Override
  public void close() {
    connection.close();
  }

  /// An agent's frames lie in arrays. The entity that takes any buffer would copy in small pieces.
  private static HttpEntity entity(ByteBuffer frame) {
    byte[] bytes;
    int from;
    if (frame.hasArray()) {
      bytes = frame.array();
      from = frame.arrayOffset() + frame.position();
    } else {
      bytes = new byte[frame.remaining()];
      from = 0;
      frame.duplicate().get(bytes);
    }
    return new ByteArrayEntity(
        bytes, from, frame.remaining(), ContentType.APPLICATION_OCTET_STREAM);
  }

  private static String path(String agentId, String what) {
    if (!AgentIds.isValid(agentId)) {
      throw new IllegalArgumentException(AgentIds.EXPECTED);
    }
    return "/v1/agents/" + agentId + "/" + what;
  }
}
