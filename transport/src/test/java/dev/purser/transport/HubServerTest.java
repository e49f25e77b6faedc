package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.ingest.Reply;
import dev.purser.core.record.Position;
import dev.purser.core.record.StreamState;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubServerTest {
  @TempDir private Path data;
  private TestHub hub;

  @BeforeEach
  void start() throws Exception {
    hub = new TestHub(data);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void carriesAFrameAndItsReply() throws Exception {
    try (HubClient agent = hub.agent()) {
      assertThat(agent.append(ByteBuffer.wrap(new byte[] {1, 2, 3})))
          .isEqualTo(new Reply.Accepted(3, 0));
    }
  }

  @Test
  void carriesStreams() throws Exception {
    Map<String, StreamState> streams = Map.of("s", new StreamState(new Position("7"), 3, false));
    hub.fake.streams = agentId -> streams;
    try (HubClient agent = hub.agent()) {
      assertThat(agent.streams("00000000-0000-4000-8000-00000000000a")).isEqualTo(streams);
    }
  }

  @Test
  void carriesAnAgentsStatus() throws Exception {
    try (HubClient agent = hub.agent()) {
      UUID start =
          agent.report(
              "00000000-0000-4000-8000-00000000000a", "{}".getBytes(StandardCharsets.UTF_8));
      assertThat(start).isEqualTo(FakeHub.START);
    }
    assertThat(hub.fake.reported).isEqualTo("00000000-0000-4000-8000-00000000000a {}");
  }

  @Test
  void answersQueries() throws Exception {
    try (QueryClient user = hub.user()) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      user.sql("SELECT 1", out);
      assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("[{\"x\":1}]");
      assertThat(user.status()).asString().isEqualTo("{\"status\":true}");
      assertThat(user.tables()).asString().isEqualTo("[\"tables\"]");
      assertThat(user.metrics()).isEqualTo("purser_up 1\n");
    }
  }
}
