package dev.purser.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.testkit.FakeApiServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeconfigTest {
  private static final String USABLE =
      """
      current-context: here
      contexts: [ { name: here, context: { cluster: c, user: u } } ]
      clusters: [ { name: c, cluster: { server: "http://127.0.0.1:1" } } ]
      users: [ { name: u, user: { token: t } } ]
      """;

  @TempDir Path directory;

  @Test
  void findsFilesAtTheUsualPlaces() throws Exception {
    Path own = Files.createDirectories(directory.resolve(".kube")).resolve("config");
    Files.writeString(own, USABLE);
    Path first = Files.writeString(directory.resolve("first"), USABLE);
    assertThat(KubeconfigPath.candidates(Map.of(), directory)).startsWith(own);
    assertThat(
            KubeconfigPath.candidates(Map.of("KUBECONFIG", first + ":/missing:" + own), directory))
        .startsWith(first, own);
    assertThat(KubeconfigPath.candidates(Map.of("KUBECONFIG", ""), directory)).startsWith(own);
  }

  @Test
  void saysThatAClusterAnswers() throws Exception {
    try (FakeApiServer server = new FakeApiServer()) {
      Path file = server.kubeconfig(directory);
      Kubeconfig.Found found = Kubeconfig.probe(file, Duration.ofSeconds(20));
      assertThat(found.answers()).isTrue();
      assertThat(found.context()).isEqualTo("fake");
      assertThat(found.server()).startsWith("http://127.0.0.1:");
      Files.writeString(file, Files.readString(file).replace("token: secret", "token: other"));
      assertThat(Kubeconfig.probe(file, Duration.ofSeconds(20)).detail())
          .contains("refuses its user with 401");
    }
  }

  /// As of a service account, whose token is renewed in its file.
  @Test
  void readsTheTokenFileForEveryRequest() throws Exception {
    try (FakeApiServer server = new FakeApiServer()) {
      Path file = server.kubeconfig(directory);
      Files.writeString(
          file, Files.readString(file).replace("token: secret", "token: none, tokenFile: renewed"));
      Path token = Files.writeString(directory.resolve("renewed"), "old\n");
      try (ApiServer api = Kubeconfig.connect(file, Duration.ofSeconds(20), "to probe")) {
        assertThat(api.probe()).isEqualTo(401);
        Files.writeString(token, "secret\n");
        assertThat(api.probe()).isEqualTo(200);
        Files.delete(token);
        assertThat(api.probe()).isEqualTo(401);
      }
    }
  }

  @Test
  void doesNotWaitForAClusterThatSaysNothing() throws Exception {
    try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Path file =
          Files.writeString(
              directory.resolve("config"),
              USABLE.replace(":1\"", ":" + deaf.getLocalPort() + "\""));
      Kubeconfig.Found found = Kubeconfig.probe(file, Duration.ofMillis(50));
      assertThat(found.answers()).isFalse();
      assertThat(found.detail()).contains("no answer to /version");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "current-context: here|current-context: ''|no current-context; set one with kubectl config use-context NAME",
        "current-context: here|current-context: there|context \"there\": no context \"there\" in contexts, only [here]",
        "cluster: c,|cluster: d,|context \"here\": no cluster \"d\" in clusters, only [c]",
        "user: u }|user: v }|context \"here\": no user \"v\" in users, only [u]",
        "http://127.0.0.1:1|127.0.0.1:1|context \"here\": cluster \"c\" has no server with https://",
        "token: t|client-certificate: gone.pem|client-certificate /.*gone.pem cannot be read",
        "token: t|client-key-data: '?'|context \"here\": client-key-data is no base64",
        "users: [|users: [[|no YAML",
      })
  void saysWhatIsWrong(String right, String wrong, String message) throws Exception {
    Path file = Files.writeString(directory.resolve("config"), USABLE.replace(right, wrong));
    assertThatThrownBy(() -> Kubeconfig.load(file))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file.toString())
        .message()
        .satisfies(text ->
            assertThat(text.contains(message) || text.matches(".*" + message)).as(text).isTrue());
  }

  /// Made with `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes`.
  @Test
  void takesKeysOfEllipticCurvesAsOpensslWritesThem() throws Exception {
    for (String name : List.of("client.crt", "client.key")) {
      try (InputStream pem = KubeconfigTest.class.getResourceAsStream("/" + name)) {
        Files.write(directory.resolve(name), Objects.requireNonNull(pem).readAllBytes());
      }
    }
    Path file =
        Files.writeString(
            directory.resolve("config"),
            USABLE
                .replace("http:", "https:")
                .replace("token: t", "client-certificate: client.crt, client-key: client.key"));
    Kubeconfig.connect(file, Duration.ofSeconds(1), "nothing").close();
    String data =
        Base64.getEncoder().encodeToString(Files.readAllBytes(directory.resolve("client.key")));
    Files.writeString(
        file, Files.readString(file).replace("client-key: client.key", "client-key-data: " + data));
    Kubeconfig.connect(file, Duration.ofSeconds(1), "nothing").close();
  }

  @Test
  void saysThatAKeyCannotBeUsed() throws Exception {
    Files.writeString(
        directory.resolve("key"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    Path file =
        Files.writeString(
            directory.resolve("config"),
            USABLE
                .replace("http:", "https:")
                .replace("token: t", "client-certificate: key, client-key: key"));
    assertThat(Kubeconfig.probe(file, Duration.ofSeconds(1)).detail())
        .startsWith(file + ": its certificates and keys cannot be used: ");
  }

  @Test
  void saysThatAFileIsMissing() {
    Path file = directory.resolve("none");
    assertThatThrownBy(() -> Kubeconfig.load(file)).hasMessageContaining(file + ": no such file");
  }

  @Test
  void knowsTheHomeDirectory() {
    assertThat(KubeconfigPath.of("~/.kube/config"))
        .isEqualTo(Path.of(System.getProperty("user.home"), ".kube/config"));
    assertThat(KubeconfigPath.of("/etc/x")).isEqualTo(Path.of("/etc/x"));
  }
}
