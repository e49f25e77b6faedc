package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HubAuthTest {
  private static final String AGENT = "00000000-0000-4000-8000-00000000000a";

  private final Path data;
  private final TestHub hub;
  private final HttpClient client;

  HubAuthTest(@TempDir Path data) throws Exception {
    this.data = data;
    this.hub = new TestHub(data);
    this.client =
        HttpClient.newBuilder().sslContext(PinnedTrust.context(hub.identity.certSha256())).build();
  }

  @AfterAll
  void stop() {
    client.shutdownNow();
    hub.close();
  }

  /// A request, and the file of the token it needs.
  record Endpoint(String method, String path, String tokenFile) {}

  static Stream<Endpoint> endpoints() {
    return Stream.of(
        new Endpoint("POST", "/v1/frames", Tokens.INGEST_FILE),
        new Endpoint("GET", "/v1/agents/" + AGENT + "/streams", Tokens.INGEST_FILE),
        new Endpoint("PUT", "/v1/agents/" + AGENT + "/status", Tokens.INGEST_FILE),
        new Endpoint("POST", "/v1/sql", Tokens.QUERY_FILE),
        new Endpoint("GET", "/v1/status", Tokens.QUERY_FILE),
        new Endpoint("GET", "/v1/tables", Tokens.QUERY_FILE),
        new Endpoint("GET", "/metrics", Tokens.QUERY_FILE));
  }

  @ParameterizedTest
  @MethodSource("endpoints")
  void opensToItsTokenOnly(Endpoint endpoint) throws Exception {
    String right = token(endpoint.tokenFile());
    String others =
        token(
            endpoint.tokenFile().equals(Tokens.INGEST_FILE)
                ? Tokens.QUERY_FILE
                : Tokens.INGEST_FILE);
    for (HttpClient.Version version : HttpClient.Version.values()) {
      if (version.name().equals("HTTP_3")) {
        continue;
      }
      assertThat(status(version, endpoint, List.of("Bearer " + right))).isEqualTo(200);
      assertThat(status(version, endpoint, List.of("bearer " + right))).isEqualTo(200);
      assertThat(status(version, endpoint, List.of("Bearer " + others))).isEqualTo(403);
      for (List<String> wrong : wrong(right)) {
        assertThat(status(version, endpoint, wrong)).as(wrong.toString()).isEqualTo(401);
      }
    }
  }

  @Test
  void doesNotReadTheBodyOfAStranger() throws Exception {
    hub.fake.append =
        frame -> {
          throw new AssertionError("a stranger's frame was taken");
        };
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(hub.url().resolve("/v1/frames"))
                .POST(BodyPublishers.ofByteArray(new byte[8 << 20]))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(401);
    assertThat(response.headers().firstValue("WWW-Authenticate"))
        .hasValue("Bearer realm=\"purser-ingest\"");
    assertThat(response.body()).startsWith("{\"error\":\"").contains("ingest.token");
  }

  @Test
  void saysNothingOfUnknownPaths() throws Exception {
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(hub.url().resolve("/v1/secrets")).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).startsWith("{\"error\":\"");
  }

  private static List<List<String>> wrong(String right) {
    List<List<String>> wrong = new ArrayList<>();
    wrong.add(List.of());
    wrong.add(List.of("Bearer "));
    wrong.add(List.of("Bearer"));
    wrong.add(List.of(right));
    wrong.add(List.of("Basic " + right));
    wrong.add(List.of("Bearer " + right + "x"));
    wrong.add(List.of("Bearer " + right.substring(1)));
    wrong.add(List.of("Bearer  " + right));
    wrong.add(List.of("Bearer " + "x".repeat(2000)));
    wrong.add(List.of("Bearer " + right, "Bearer " + right));
    return wrong;
  }

  private int status(HttpClient.Version version, Endpoint endpoint, List<String> authorization)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(hub.url().resolve(endpoint.path()))
            .version(version)
            .method(
                endpoint.method(),
                endpoint.method().equals("GET")
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofString("{}"));
    authorization.forEach(value -> request.header("Authorization", value));
    HttpResponse<byte[]> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    int status = response.statusCode();
    assertThat(response.headers().firstValue("WWW-Authenticate").isPresent())
        .isEqualTo(status == 401 || status == 403);
    return status;
  }

  private String token(String file) throws IOException {
    return Files.readString(data.resolve(file)).strip();
  }
}
