package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class HubQueryTest {
  private static final byte[] ROW = "{\"text\":\"0123456789\"},".getBytes(StandardCharsets.UTF_8);
  private static final int LARGE = 40 << 20;

  @TempDir private Path data;
  private TestHub hub;
  private QueryClient user;

  @BeforeEach
  void start() throws Exception {
    hub = new TestHub(data);
    user = hub.user();
  }

  @AfterEach
  void stop() {
    user.close();
    hub.close();
  }

  @Test
  void streamsAnAnswerOfAnySize() throws Exception {
    hub.fake.query =
        (sql, out) -> {
          out.write('[');
          for (int sent = 0; sent < LARGE; sent += ROW.length) {
            out.write(ROW);
          }
          out.write("{}]".getBytes(StandardCharsets.UTF_8));
        };
    CountingOutput out = new CountingOutput();
    user.sql("SELECT", out);
    assertThat(out.bytes).isEqualTo(1 + (LARGE / ROW.length + 1) * (long) ROW.length + 3);
    assertThat(out.last).isEqualTo(']');
  }

  @Test
  void carriesTheQueryAsItIs() throws Exception {
    hub.fake.query = (sql, out) -> out.write(sql.getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    user.sql("SELECT 'ä\n€'", out);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("SELECT 'ä\n€'");
  }

  @Test
  void tellsWhatIsWrongWithAQuery() throws Exception {
    hub.fake.query =
        (sql, out) -> {
          out.write('[');
          throw new QueryRejected("no column \"x\"");
        };
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThatThrownBy(() -> user.sql("SELECT x", out))
        .isInstanceOf(QueryRejected.class)
        .hasMessage("no column \"x\"");
    assertThat(out.size()).isZero();
  }

  @Test
  void tellsThatTheHubFailed() throws Exception {
    hub.fake.query =
        (sql, out) -> {
          throw new IOException("lake is dry");
        };
    assertThatThrownBy(() -> user.sql("SELECT", OutputStream.nullOutputStream()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("lake is dry");
  }

  @Test
  void breaksOffAnAnswerThatFailsAfterItBegan() throws Exception {
    Exception[] failures = {
      new QueryRejected("out of memory"), new IOException("disk"), new IllegalStateException("bug")
    };
    for (Exception failure : failures) {
      hub.fake.query =
          (sql, out) -> {
            out.write('[');
            for (int sent = 0; sent < 1 << 20; sent += ROW.length) {
              out.write(ROW);
            }
            raise(failure);
          };
      assertThatThrownBy(() -> user.sql("SELECT", OutputStream.nullOutputStream()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("broke off");
    }
  }

  @Test
  void breaksOffOverHttp1Too() throws Exception {
    hub.fake.query =
        (sql, out) -> {
          out.write('[');
          for (int sent = 0; sent < 1 << 20; sent += ROW.length) {
            out.write(ROW);
          }
          throw new IOException("disk");
        };
    try (HttpClient client = client(HttpClient.Version.HTTP_1_1)) {
      assertThatThrownBy(() -> client.send(sql().build(), HttpResponse.BodyHandlers.ofByteArray()))
          .isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSlowReaderBlocksNobody(HttpClient.Version version) throws Exception {
    CountDownLatch written = new CountDownLatch(1);
    hub.fake.query =
        (sql, out) -> {
          if (sql.equals("SELECT")) {
            out.write('[');
            written.countDown();
            for (long sent = 0; sent < 10L * LARGE; sent += ROW.length) {
              out.write(ROW);
            }
          } else {
            out.write("[]".getBytes(StandardCharsets.UTF_8));
          }
        };
    HttpClient client = client(version);
    try {
      HttpResponse<InputStream> slow =
          client.send(sql().build(), HttpResponse.BodyHandlers.ofInputStream());
      written.await();
      assertThat(slow.body().read()).isEqualTo('[');
      for (int i = 0; i < 20; i++) {
        // On the same connection, and on another.
        HttpResponse<String> fast =
            client.send(
                sql().POST(BodyPublishers.ofString("quick")).build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(fast.body()).isEqualTo("[]");
        assertThat(user.status()).isNotEmpty();
      }
      assertThat(slow.body().read()).isEqualTo('{');
    } finally {
      client.shutdownNow();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReaderThatTakesNothingEndsItsQuery(HttpClient.Version version) throws Exception {
    hub.close();
    hub =
        new TestHub(
            data,
            0,
            new HubServer.Deadlines(
                Limits.BODY_DEADLINE, Duration.ofMillis(300), Limits.DRAIN_DEADLINE));
    CountDownLatch ended = endlessRows();
    HttpClient client = client(version);
    HttpResponse<InputStream> response =
        client.send(sql().build(), HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.body().read()).isEqualTo('{');
    ended.await();
    client.shutdownNow();
  }

  @Test
  void anOutputThatFailsEndsItsQuery() throws Exception {
    CountDownLatch ended = endlessRows();
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("no space left");
          }
        };
    assertThatThrownBy(() -> user.sql("SELECT", full)).hasMessage("no space left");
    ended.await();
    assertThat(user.status()).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aReaderThatIsGoneEndsItsQuery(HttpClient.Version version) throws Exception {
    CountDownLatch ended = endlessRows();
    HttpClient client = client(version);
    HttpResponse<InputStream> response =
        client.send(sql().build(), HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.body().read()).isEqualTo('{');
    client.shutdownNow();
    ended.await();
    assertThat(user.status()).isNotEmpty();
  }

  /// Makes each query one without end.
  ///
  /// @return zero once it was ended
  private CountDownLatch endlessRows() {
    CountDownLatch ended = new CountDownLatch(1);
    hub.fake.query =
        (sql, out) -> {
          try {
            while (true) {
              out.write(ROW);
            }
          } finally {
            ended.countDown();
          }
        };
    return ended;
  }

  private HttpClient client(HttpClient.Version version) {
    return HttpClient.newBuilder()
        .version(version)
        .sslContext(PinnedTrust.context(hub.identity.certSha256()))
        .build();
  }

  private HttpRequest.Builder sql() throws IOException {
    return HttpRequest.newBuilder(hub.url().resolve("/v1/sql"))
        .header(
            "Authorization", "Bearer " + Files.readString(data.resolve(Tokens.QUERY_FILE)).strip())
        .POST(BodyPublishers.ofString("SELECT"));
  }

  private static void raise(Exception failure) throws QueryRejected, IOException {
    switch (failure) {
      case QueryRejected rejected -> throw rejected;
      case IOException io -> throw io;
      case RuntimeException bug -> throw bug;
      default -> throw new AssertionError(failure);
    }
  }

  private static final class CountingOutput extends OutputStream {
    long bytes;
    int last;

    @Override
    public void write(int b) {
      bytes++;
      last = b;
    }

    @Override
    public void write(byte[] b, int off, int len) {
      bytes += len;
      last = b[off + len - 1];
    }
  }
}
