package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.ingest.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLServerSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HubFailureTest {
  private static final String AGENT = "00000000-0000-4000-8000-00000000000a";

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
  void tellsBothFingerprintsWhenTheHubIsAnother() {
    CertificatePin wrong = new CertificatePin("ab".repeat(32));
    try (HubClient agent = new HubClient(hub.url(), wrong, data.resolve(Tokens.INGEST_FILE))) {
      assertThatThrownBy(() -> agent.streams(AGENT))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(hub.identity.certSha256().shortened())
          .hasMessageContaining("abababab…abababab")
          .hasMessageContaining("certSha256");
    }
  }

  @Test
  void doesNotSendTheTokenToAnother() throws Exception {
    CertificatePin wrong = new CertificatePin("ab".repeat(32));
    try (HubClient agent = new HubClient(hub.url(), wrong, data.resolve(Tokens.INGEST_FILE))) {
      assertThatThrownBy(() -> agent.report(AGENT, new byte[0])).isInstanceOf(IOException.class);
    }
    assertThat(hub.fake.reported).isEmpty();
  }

  @Test
  void namesTheTokensFileWhenTheTokenIsRefused() throws Exception {
    Path file = Files.writeString(data.resolve("old.token"), "x".repeat(43));
    try (HubClient agent = new HubClient(hub.url(), hub.identity.certSha256(), file)) {
      assertThatThrownBy(() -> agent.streams(AGENT))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("ingest.token");
      Files.copy(
          data.resolve(Tokens.INGEST_FILE),
          file,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      assertThat(agent.streams(AGENT)).isEmpty();
    }
  }

  @Test
  void saysWhereItMissesTheToken() throws Exception {
    Path file = data.resolve("none.token");
    try (HubClient agent = new HubClient(hub.url(), hub.identity.certSha256(), file)) {
      assertThatThrownBy(() -> agent.streams(AGENT))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("no token at " + file);
    }
  }

  @Test
  void saysWhereItCouldNotConnect() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    URI nobody = URI.create("https://127.0.0.1:" + port);
    try (HubClient agent =
        new HubClient(nobody, hub.identity.certSha256(), data.resolve(Tokens.INGEST_FILE))) {
      assertThatThrownBy(() -> agent.streams(AGENT))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(nobody.toString())
          .hasMessageContaining("check that it runs");
    }
  }

  @Test
  void givesUpOnAHubThatSaysNothing() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        HubClient agent =
            new HubClient(
                URI.create("https://127.0.0.1:" + silent.getLocalPort()),
                hub.identity.certSha256(),
                data.resolve(Tokens.INGEST_FILE),
                new HubConnection.Deadlines(Duration.ofMillis(200), Duration.ofMillis(200)))) {
      assertThatThrownBy(() -> agent.streams(AGENT)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void givesUpOnAHubThatDoesNotComeToAnEnd() throws Exception {
    holdFrames();
    try (HubClient agent =
        hub.agent(new HubConnection.Deadlines(Duration.ofSeconds(10), Duration.ofMillis(200)))) {
      assertThatThrownBy(() -> agent.append(ByteBuffer.wrap(new byte[10])))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("did not answer");
      hub.fake.append = frame -> new Reply.Accepted(2, 2);
      assertThat(agent.append(ByteBuffer.wrap(new byte[10]))).isEqualTo(new Reply.Accepted(2, 2));
    }
  }

  @Test
  void aCallThatIsInterruptedEndsAtOnceAndTheNextOneWorks() throws Exception {
    CountDownLatch inside = holdFrames();
    try (HubClient agent = hub.agent()) {
      CompletableFuture<String> ended = new CompletableFuture<>();
      Thread call =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  ended.complete(agent.append(ByteBuffer.wrap(new byte[10])).toString());
                } catch (InterruptedException e) {
                  ended.complete("interrupted");
                } catch (IOException e) {
                  ended.complete(String.valueOf(e.getMessage()));
                }
              });
      inside.await();
      call.interrupt();
      assertThat(ended.get()).isEqualTo("interrupted");
      hub.fake.append = frame -> new Reply.Accepted(2, 2);
      assertThat(agent.append(ByteBuffer.wrap(new byte[10]))).isEqualTo(new Reply.Accepted(2, 2));
    }
  }

  /// A refusal is not lost to a connection that breaks while the rest of the frame is still sent.
  @Test
  void aLargeFrameWithAWrongTokenIsToldOfTheToken() throws Exception {
    Path file = Files.writeString(data.resolve("old.token"), "x".repeat(43));
    try (HubClient agent = new HubClient(hub.url(), hub.identity.certSha256(), file)) {
      assertThatThrownBy(() -> agent.append(ByteBuffer.wrap(new byte[32 << 20])))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("ingest.token");
    }
  }

  @Test
  void refusesToSpeakAnOlderTls() throws Exception {
    SSLServerSocketFactory sockets = hub.identity.serverContext().getServerSocketFactory();
    try (SSLServerSocket old =
            (SSLServerSocket) sockets.createServerSocket(0, 1, InetAddress.getLoopbackAddress());
        HubClient agent =
            new HubClient(
                URI.create("https://127.0.0.1:" + old.getLocalPort()),
                hub.identity.certSha256(),
                data.resolve(Tokens.INGEST_FILE))) {
      old.setEnabledProtocols(new String[] {"TLSv1.2"});
      CompletableFuture<String> heard = new CompletableFuture<>();
      Thread.ofVirtual()
          .start(() -> {
            try (Socket socket = old.accept()) {
              heard.complete("" + socket.getInputStream().read());
            } catch (IOException e) {
              heard.complete("no handshake");
            }
          });
      assertThatThrownBy(() -> agent.streams(AGENT)).hasMessageContaining("no TLS with the hub");
      assertThat(heard.get()).isEqualTo("no handshake");
    }
  }

  @Test
  void refusesToSpeakWithoutTls() throws Exception {
    try (Socket plain =
        new Socket(InetAddress.getLoopbackAddress(), hub.server.address().getPort())) {
      plain
          .getOutputStream()
          .write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(answer(plain)).doesNotContain("HTTP");
    }
    try (HubClient agent = hub.agent()) {
      assertThat(agent.streams(AGENT)).isEmpty();
    }
  }

  private static String answer(Socket socket) {
    try {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "reset";
    }
  }

  @Test
  void aRestartOfTheHubFailsTheCallUnderWayAndTheNextOneWorks() throws Exception {
    CountDownLatch inside = holdFrames();
    int port = hub.server.address().getPort();
    try (HubClient agent = hub.agent()) {
      CompletableFuture<Reply> call =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return agent.append(ByteBuffer.wrap(new byte[10]));
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              },
              task -> Thread.ofVirtual().start(task));
      inside.await();
      hub.close();
      assertThatThrownBy(call::get)
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseInstanceOf(IOException.class);
      hub = new TestHub(data, port, Limits.BODY_DEADLINE, Duration.ofMillis(500));
      assertThat(agent.append(ByteBuffer.wrap(new byte[10]))).isEqualTo(new Reply.Accepted(10, 0));
    }
  }

  @Test
  void aFailureOfTheHubIsAnIoException() {
    hub.fake.append =
        frame -> {
          throw new IOException("disk is gone");
        };
    try (HubClient agent = hub.agent()) {
      assertThatThrownBy(() -> agent.append(ByteBuffer.wrap(new byte[10])))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("500")
          .hasMessageContaining("disk is gone");
    }
  }

  @Test
  void closingWaitsForCallsUnderWay() throws Exception {
    hub.close();
    hub = new TestHub(data, 0, Limits.BODY_DEADLINE, Duration.ofSeconds(30));
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    hub.fake.append =
        frame -> {
          inside.countDown();
          go.await();
          return new Reply.Accepted(1, 1);
        };
    try (HubClient agent = hub.agent()) {
      CompletableFuture<Reply> reply = new CompletableFuture<>();
      Thread.ofVirtual()
          .start(() -> {
            try {
              reply.complete(agent.append(ByteBuffer.wrap(new byte[10])));
            } catch (IOException | InterruptedException e) {
              reply.completeExceptionally(e);
            }
          });
      inside.await();
      Thread closing = Thread.ofVirtual().start(hub.server::close);
      go.countDown();
      assertThat(reply.get()).isEqualTo(new Reply.Accepted(1, 1));
      closing.join();
    }
  }

  @Test
  void closingBreaksOffWhatDoesNotEnd() throws Exception {
    CountDownLatch inside = holdFrames();
    try (HubClient agent = hub.agent()) {
      Thread call =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  agent.append(ByteBuffer.wrap(new byte[10]));
                } catch (IOException | InterruptedException e) {
                  // As it must be.
                }
              });
      inside.await();
      long before = System.nanoTime();
      hub.server.close();
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
      call.join();
    }
  }

  /// Lets the hub take frames and never answer.
  ///
  /// @return zero once it has one
  private CountDownLatch holdFrames() {
    CountDownLatch inside = new CountDownLatch(1);
    hub.fake.append =
        frame -> {
          inside.countDown();
          new CountDownLatch(1).await();
          return new Reply.Accepted(1, 1);
        };
    return inside;
  }
}
