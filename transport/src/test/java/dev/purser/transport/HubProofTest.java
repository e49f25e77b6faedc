package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.disk.LocalDisk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HubProofTest {
  private static final String AGENT = "00000000-0000-4000-8000-00000000000a";
  private static final String TOKEN = "0123456789abcdef0123456789abcdef";

  @TempDir private Path work;
  private Path tokenFile;
  private TestHub hub;

  @BeforeEach
  void start() throws Exception {
    tokenFile = secret("ingest", TOKEN);
    hub = hub("hub", 0);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void isTheHmacThatTheFormatSays() {
    byte[] nonce = new byte[HubProof.NONCE_BYTES];
    byte[] proof = HubProof.of(Api.INGEST, TOKEN, nonce, new CertificatePin("ab".repeat(32)));
    assertThat(HexFormat.of().formatHex(proof))
        .isEqualTo("e50e714854203fe41a83e21b3b49d3f1a8c807ffee599d85f147833b4ecda799");
  }

  @Test
  void anAgentThatKnowsTheTokenOnlyReachesItsHub() throws Exception {
    try (HubClient agent = new HubClient(hub.url(), tokenFile)) {
      assertThat(agent.streams(AGENT)).isEmpty();
      agent.report(AGENT, "{}".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(hub.fake.reported).isEqualTo(AGENT + " {}");
  }

  @Test
  void soDoesAUser() throws Exception {
    ByteArrayOutputStream rows = new ByteArrayOutputStream();
    try (QueryClient user =
        QueryClient.of(hub.url(), Optional.empty(), hub.data.resolve(Tokens.QUERY_FILE))) {
      user.sql("SELECT 1", rows);
    }
    assertThat(rows.toString(StandardCharsets.UTF_8)).isEqualTo("[{\"x\":1}]");
  }

  @Test
  void aHubThatDoesNotKnowTheTokenIsNotSentIt() throws Exception {
    Path other = secret("other", TOKEN.replace('0', 'z'));
    try (HubClient agent = new HubClient(hub.url(), other)) {
      assertThatThrownBy(() -> agent.report(AGENT, new byte[0]))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("whoever listens at " + hub.url())
          .hasMessageContaining("does not know the token in " + other)
          .hasMessageContaining(hub.identity.certSha256().shortened());
      Files.copy(tokenFile, other, StandardCopyOption.REPLACE_EXISTING);
      assertThat(agent.streams(AGENT)).isEmpty();
    }
    assertThat(hub.fake.reported).isEmpty();
  }

  /// It sits between the agent and the true hub, and has the true hub prove itself.
  @Test
  void aProofOfTheTrueHubIsWorthlessUnderAnotherCertificate() throws Exception {
    try (StrangeHub between =
            new StrangeHub(identity("between"), 0, (path, nonce) -> proof(path, nonce).body());
        HubClient agent = new HubClient(between.url(), tokenFile)) {
      assertRefused(agent, between);
    }
  }

  /// It has the true hub's key, as from a backup, but not the token.
  @Test
  void aProofForAnotherNonceIsWorthless() throws Exception {
    AtomicReference<byte[]> overheard = new AtomicReference<>();
    StrangeHub.Answer replay =
        (path, nonce) -> {
          if (overheard.get() == null) {
            overheard.set(proof(path, new byte[HubProof.NONCE_BYTES]).body());
          }
          return overheard.get();
        };
    try (StrangeHub again = new StrangeHub(hub.identity, 0, replay);
        HubClient agent = new HubClient(again.url(), tokenFile)) {
      assertRefused(agent, again);
    }
  }

  @Test
  void aProofOfTheOtherTokenIsWorthless() throws Exception {
    StrangeHub.Answer other = (path, nonce) -> proof(Api.QUERY.proofPath(), nonce).body();
    try (StrangeHub strange = new StrangeHub(hub.identity, 0, other);
        HubClient agent = new HubClient(strange.url(), tokenFile)) {
      assertRefused(agent, strange);
    }
  }

  @Test
  void anAnswerThatIsNoProofIsRefused() throws Exception {
    for (int length : List.of(0, 31, 32, 33, 1 << 20)) {
      try (StrangeHub strange =
              new StrangeHub(identity("s" + length), 0, (path, nonce) -> new byte[length]);
          HubClient agent = new HubClient(strange.url(), tokenFile)) {
        assertRefused(agent, strange);
      }
    }
  }

  @Test
  void aHubThatWasSetUpAnewProvesItselfAnew() throws Exception {
    int port = hub.server.address().getPort();
    try (HubClient agent = new HubClient(hub.url(), tokenFile)) {
      assertThat(agent.streams(AGENT)).isEmpty();
      hub.close();
      // Nobody who only took its place is believed.
      try (StrangeHub strange =
          new StrangeHub(identity("strange"), port, (path, nonce) -> new byte[32])) {
        for (int i = 0; i < 4; i++) {
          assertThatThrownBy(() -> agent.streams(AGENT)).isInstanceOf(IOException.class);
        }
        assertTellsNothing(strange);
      }
      hub = hub("anew", port);
      await(agent);
    }
  }

  @Test
  void oneWhoseCertificateWasToldNeedsNoProofAndNoOtherIsTaken() throws Exception {
    int port = hub.server.address().getPort();
    try (HubClient agent = new HubClient(hub.url(), hub.identity.certSha256(), tokenFile)) {
      assertThat(agent.streams(AGENT)).isEmpty();
      hub.close();
      hub = hub("anew", port);
      for (int i = 0; i < 4; i++) {
        assertThatThrownBy(() -> agent.streams(AGENT)).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void aTokenThatIsChangedCountsAtOnce() throws Exception {
    try (HubClient agent = new HubClient(hub.url(), tokenFile)) {
      assertThat(agent.streams(AGENT)).isEmpty();
      Path fresh = secret("fresh", TOKEN + "-changed");
      Files.move(fresh, tokenFile, StandardCopyOption.REPLACE_EXISTING);
      assertThat(agent.streams(AGENT)).isEmpty();
      Path old = secret("old", TOKEN);
      try (HubClient behind = new HubClient(hub.url(), hub.identity.certSha256(), old)) {
        assertThatThrownBy(() -> behind.streams(AGENT)).hasMessageContaining("refuses the token");
      }
    }
  }

  @Test
  void aTokenThatCannotBeReadOpensNothing() throws Exception {
    try (HubClient agent =
        new HubClient(hub.url(), hub.identity.certSha256(), secret("t", TOKEN))) {
      assertThat(agent.streams(AGENT)).isEmpty();
      Files.delete(tokenFile);
      assertThatThrownBy(() -> agent.streams(AGENT)).hasMessageContaining("500");
    }
  }

  @Test
  void aNonceOfAnotherLengthIsRefused() throws Exception {
    assertThat(proof(Api.INGEST.proofPath(), new byte[32]).statusCode()).isEqualTo(200);
    assertThat(proof(Api.INGEST.proofPath(), new byte[0]).statusCode()).isIn(400, 411);
    assertThat(proof(Api.INGEST.proofPath(), new byte[31]).statusCode()).isEqualTo(400);
    assertThat(proof(Api.INGEST.proofPath(), new byte[33]).statusCode()).isEqualTo(413);
    assertThat(proof("/v1/proof/other", new byte[32]).statusCode()).isEqualTo(404);
  }

  @Test
  void healthIsToldToEverybody() throws Exception {
    try (HttpClient client = trusting(hub)) {
      for (String path : List.of("/healthz", "/readyz")) {
        HttpResponse<String> answer =
            client.send(
                HttpRequest.newBuilder(hub.url().resolve(path)).build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"status\":\"serving\"}");
      }
    }
  }

  private void assertRefused(HubClient agent, StrangeHub strange) {
    assertThatThrownBy(() -> agent.streams(AGENT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not know the token");
    assertTellsNothing(strange);
  }

  private static void assertTellsNothing(StrangeHub strange) {
    assertThat(strange.heard())
        .isNotEmpty()
        .allSatisfy(heard ->
            assertThat(heard)
                .startsWith("/v1/proof/ingest ")
                .doesNotContain(TOKEN)
                .doesNotContainIgnoringCase("authorization"));
  }

  /// The first calls may still meet connections to the hub that was there before.
  private static void await(HubClient agent) throws Exception {
    IOException last = new IOException("not tried");
    for (int i = 0; i < 4; i++) {
      try {
        assertThat(agent.streams(AGENT)).isEmpty();
        return;
      } catch (IOException e) {
        last = e;
      }
    }
    throw last;
  }

  private HttpResponse<byte[]> proof(String path, byte[] nonce) throws IOException {
    URI at = hub.url().resolve(path);
    try (HttpClient client = trusting(hub)) {
      return client.send(
          HttpRequest.newBuilder(at).POST(BodyPublishers.ofByteArray(nonce)).build(),
          BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static HttpClient trusting(TestHub hub) {
    return HttpClient.newBuilder()
        .sslContext(PinnedTrust.context(hub.identity.certSha256()))
        .build();
  }

  private TestHub hub(String name, int port) throws IOException {
    return new TestHub(
        work.resolve(name),
        port,
        new Tokens.Files(Optional.of(tokenFile), Optional.empty()),
        new HubServer.Deadlines(
            Limits.BODY_DEADLINE, Limits.SLOW_READER_DEADLINE, Duration.ofMillis(500)));
  }

  private HubIdentity identity(String name) throws IOException {
    return HubIdentity.open(work.resolve(name), new LocalDisk(), List.of(), TestHub.NOW);
  }

  private Path secret(String name, String token) throws IOException {
    Path file = Files.writeString(work.resolve(name + ".token"), token + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r-----"));
  }
}
