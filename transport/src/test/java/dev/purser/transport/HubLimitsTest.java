package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.ingest.Reply;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class HubLimitsTest {
  @TempDir private Path data;
  private TestHub hub;
  private HttpClient client;

  @BeforeEach
  void start() throws Exception {
    hub = new TestHub(data);
    client =
        HttpClient.newBuilder().sslContext(PinnedTrust.context(hub.identity.certSha256())).build();
  }

  @AfterEach
  void stop() {
    client.shutdownNow();
    hub.close();
  }

  @Test
  void takesAFrameOf50Megabytes() throws Exception {
    try (HubClient agent = hub.agent()) {
      assertThat(agent.append(ByteBuffer.allocate(50_000_000)))
          .isEqualTo(new Reply.Accepted(50_000_000, 0));
    }
  }

  @Test
  void theClientKeepsAFrameThatIsTooLarge() throws Exception {
    hub.fake.append = HubLimitsTest::mustNotCome;
    try (HubClient agent = hub.agent()) {
      assertThat(agent.append(ByteBuffer.allocate(Limits.MAX_FRAME_BYTES + 1)))
          .isInstanceOf(Reply.Rejected.class);
    }
  }

  @Test
  void refusesAFrameThatIsTooLargeWith413() throws Exception {
    hub.fake.append = HubLimitsTest::mustNotCome;
    for (HttpClient.Version version :
        new HttpClient.Version[] {HttpClient.Version.HTTP_2, HttpClient.Version.HTTP_1_1}) {
      HttpResponse<String> response =
          client.send(
              post("/v1/frames", Tokens.INGEST_FILE)
                  .version(version)
                  .POST(BodyPublishers.ofByteArray(new byte[Limits.MAX_FRAME_BYTES + 1]))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(413);
      assertThat(response.body()).contains("send at most 67108864");
    }
    hub.fake.append = frame -> new Reply.Accepted(1, 1);
    try (HubClient agent = hub.agent()) {
      assertThat(agent.append(ByteBuffer.allocate(3))).isEqualTo(new Reply.Accepted(1, 1));
    }
  }

  @Test
  void refusesAFrameWithoutALength() throws Exception {
    hub.fake.append = HubLimitsTest::mustNotCome;
    HttpResponse<String> response =
        client.send(
            post("/v1/frames", Tokens.INGEST_FILE)
                .POST(
                    BodyPublishers.ofInputStream(
                        () -> new java.io.ByteArrayInputStream(new byte[100])))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(411);
  }

  @Test
  void refusesAQueryThatIsTooLong() throws Exception {
    HttpResponse<String> response =
        client.send(
            post("/v1/sql", Tokens.QUERY_FILE)
                .POST(BodyPublishers.ofByteArray(new byte[Limits.MAX_SQL_BYTES + 1]))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(413);
  }

  @Test
  void refusesAnAgentIdThatIsNone() throws Exception {
    for (String id : new String[] {"x", "..", "a%2Fb", "%00", "A".repeat(500)}) {
      HttpResponse<String> response =
          client.send(
              post("/v1/agents/" + id + "/streams", Tokens.INGEST_FILE).GET().build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).as(id).isIn(400, 404);
    }
  }

  @Test
  void theAgentIdIsCheckedBeforeItIsSent() {
    try (HubClient agent = hub.agent()) {
      assertThatThrownBy(() -> agent.streams("../status"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private HttpRequest.Builder post(String path, String tokenFile) throws IOException {
    return HttpRequest.newBuilder(hub.url().resolve(path))
        .header("Authorization", "Bearer " + Files.readString(data.resolve(tokenFile)).strip());
  }

  private static Reply mustNotCome(ByteBuffer frame) {
    throw new AssertionError("a frame was taken");
  }
}
