package dev.purser.sources.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
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
    assertThat(Kubeconfig.candidates(Map.of(), directory)).startsWith(own);
    assertThat(Kubeconfig.candidates(Map.of("KUBECONFIG", first + ":/missing:" + own), directory))
        .startsWith(first, own);
    assertThat(Kubeconfig.candidates(Map.of("KUBECONFIG", ""), directory)).startsWith(own);
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

  @Test
  void saysThatAFileIsMissing() {
    Path file = directory.resolve("none");
    assertThatThrownBy(() -> Kubeconfig.load(file)).hasMessageContaining(file + ": no such file");
  }

  @Test
  void knowsTheHomeDirectory() {
    assertThat(Kubeconfig.path("~/.kube/config"))
        .isEqualTo(Path.of(System.getProperty("user.home"), ".kube/config"));
    assertThat(Kubeconfig.path("/etc/x")).isEqualTo(Path.of("/etc/x"));
  }
}
