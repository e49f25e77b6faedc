package dev.purser.transport;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/// A client's way to a hub: HTTP/2 over TLS to the one pinned certificate, and every failure an
/// [IOException] that says what to do. Thread-safe.
///
/// After a failure the connection is given up, with the other calls that it carries, and the next
/// call makes a new one: a connection whose far side vanished silently would otherwise be taken
/// again and again. The token is read for every request, so that a new one counts at once.
final class HubConnection implements AutoCloseable {
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(5);
  private static final int MAX_TOKEN_BYTES = 1024;

  private final URI hub;
  private final CertificatePin pin;
  private final Path tokenFile;
  private final Deadlines deadlines;
  private final ExecutorService executor =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("hub-client-", 0).factory());
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable HttpClient client;
  private boolean closed;

  /// @throws IllegalArgumentException when `hub` is no https URL of a host
  HubConnection(URI hub, CertificatePin pin, Path tokenFile, Deadlines deadlines) {
    if (!"https".equals(hub.getScheme()) || hub.getHost() == null) {
      throw new IllegalArgumentException("expected a URL such as https://hub:7443, found " + hub);
    }
    this.hub = hub;
    this.pin = pin;
    this.tokenFile = tokenFile;
    this.deadlines = deadlines;
  }

  /// A request to `path`, to be completed with its method and body.
  HttpRequest.Builder request(String path) throws IOException {
    return HttpRequest.newBuilder(hub.resolve(path)).header("Authorization", "Bearer " + token());
  }

  /// Sends it and returns once the answer, body and all, is here.
  ///
  /// @throws HubRefusal when the status is neither 200 nor 204
  byte[] call(HttpRequest.Builder request, int maxAnswerBytes)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> response =
        send(
            request.build(),
            HttpResponse.BodyHandlers.limiting(
                HttpResponse.BodyHandlers.ofByteArray(), maxAnswerBytes));
    if (response.statusCode() != 200 && response.statusCode() != 204) {
      throw refusal(response.statusCode(), response.body());
    }
    return response.body();
  }

  /// Sends it and returns what `handler` makes of the answer, whatever its status.
  <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws IOException, InterruptedException {
    HttpClient used = client();
    CompletableFuture<HttpResponse<T>> answer = used.sendAsync(request, handler);
    try {
      return answer.get(deadlines.answer().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw e;
    } catch (TimeoutException e) {
      answer.cancel(true);
      giveUp(used);
      throw new IOException(
          "the hub at "
              + hub
              + " did not answer within "
              + deadlines.answer().toSeconds()
              + " s: see its log and its load",
          e);
    } catch (ExecutionException e) {
      if (wasGivenUp(used)) {
        throw new IOException(
            "the connection to the hub at " + hub + " was given up, as another call on it failed",
            e.getCause());
      }
      giveUp(used);
      throw explained(e.getCause() == null ? e : e.getCause());
    } catch (CancellationException e) {
      throw new IOException("the connection to the hub at " + hub + " was closed", e);
    }
  }

  /// What a status other than 200 says.
  HubRefusal refusal(int status, byte[] body) {
    String error = Answers.errorOf(body);
    String message =
        switch (status) {
          case 401, 403 ->
              "the hub at " + hub + " refuses the token in " + tokenFile + ": " + error;
          default -> "the hub at " + hub + " answered " + status + ": " + error;
        };
    return new HubRefusal(status, error, message);
  }

  /// What a failure means, and what to do.
  IOException explained(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof PinnedTrust.Mismatch mismatch) {
        return new IOException(
            "the hub at "
                + hub
                + " is not the one configured: "
                + mismatch.getMessage()
                + "; if the hub was set up anew, configure the certSha256 that it prints at its start",
            failure);
      }
    }
    return switch (failure) {
      case HttpConnectTimeoutException e ->
          new IOException(
              "cannot connect to the hub at "
                  + hub
                  + " within "
                  + deadlines.connect().toSeconds()
                  + " s: check the address, and the firewalls between",
              e);
      case ConnectException e ->
          new IOException(
              "cannot connect to the hub at "
                  + hub
                  + ": "
                  + reason(e)
                  + "; check that it runs and listens there",
              e);
      case SSLException e ->
          new IOException(
              "no TLS with the hub at "
                  + hub
                  + ": "
                  + reason(e)
                  + "; check that it is a Purser hub that listens there",
              e);
      case HttpTimeoutException e ->
          new IOException("the hub at " + hub + " did not answer in time: see its log", e);
      default ->
          new IOException(
              "the connection to the hub at " + hub + " broke: " + reason(failure), failure);
    };
  }

  private boolean wasGivenUp(HttpClient used) {
    lock.lock();
    try {
      return !closed && !used.equals(client);
    } finally {
      lock.unlock();
    }
  }

  /// Gives up a connection; the next call makes a new one.
  void giveUp(HttpClient failed) {
    lock.lock();
    try {
      if (failed.equals(client)) {
        client = null;
      }
    } finally {
      lock.unlock();
    }
    failed.shutdownNow();
  }

  /// Gives up the present connection.
  void giveUp() {
    HttpClient present;
    lock.lock();
    try {
      present = client;
    } finally {
      lock.unlock();
    }
    if (present != null) {
      giveUp(present);
    }
  }

  @Override
  public void close() {
    HttpClient last;
    lock.lock();
    try {
      closed = true;
      last = client;
      client = null;
    } finally {
      lock.unlock();
    }
    if (last != null) {
      last.shutdownNow();
      awaitEnd(last);
    }
    executor.shutdownNow();
  }

  private static void awaitEnd(HttpClient client) {
    try {
      client.awaitTermination(CLOSE_DEADLINE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private HttpClient client() throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the connection to the hub at " + hub + " is closed");
      }
      HttpClient present = client;
      if (present == null) {
        SSLParameters tls = new SSLParameters();
        tls.setProtocols(new String[] {"TLSv1.3"});
        present =
            HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .followRedirects(HttpClient.Redirect.NEVER)
                .proxy(HttpClient.Builder.NO_PROXY)
                .connectTimeout(deadlines.connect())
                .sslContext(PinnedTrust.context(pin))
                .sslParameters(tls)
                .executor(executor)
                .build();
        client = present;
      }
      return present;
    } finally {
      lock.unlock();
    }
  }

  private String token() throws IOException {
    byte[] bytes;
    try {
      if (Files.size(tokenFile) > MAX_TOKEN_BYTES) {
        throw new IOException(tokenFile + " is too large to be a token");
      }
      bytes = Files.readAllBytes(tokenFile);
    } catch (NoSuchFileException e) {
      throw new IOException(
          "no token at " + tokenFile + ": copy it from the hub's data directory", e);
    }
    String token = new String(bytes, StandardCharsets.ISO_8859_1).strip();
    if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IOException(tokenFile + " holds no token: copy it from the hub's data directory");
    }
    return token;
  }

  private static String reason(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof UnresolvedAddressException) {
        return "its name is not known";
      }
      if (t.getMessage() != null) {
        return t.getMessage();
      }
    }
    // The JDK's client says no more of a refused connection.
    return failure instanceof ConnectException
        ? "connection refused"
        : failure.getClass().getSimpleName();
  }

  /// How long a client waits.
  ///
  /// @param connect for the connection
  /// @param answer for the whole answer; for a query, for its first byte
  record Deadlines(Duration connect, Duration answer) {
    static final Deadlines OF_INGEST =
        new Deadlines(Duration.ofSeconds(10), Duration.ofSeconds(60));
    static final Deadlines OF_QUERY = new Deadlines(Duration.ofSeconds(10), Duration.ofMinutes(10));
  }
}
