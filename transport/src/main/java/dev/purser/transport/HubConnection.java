package dev.purser.transport;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.jspecify.annotations.Nullable;

/// A client's way to a hub: HTTP/1.1 over TLS to one certificate, and every failure an
/// [IOException] that says what to do. The certificate is told, or is that of the hub which proves
/// to know the token; where it shows another later, the hub must prove itself anew. Thread-safe.
///
/// Each call under way has a connection of its own, blocking: for bodies of megabytes that costs
/// half the processor time of streams that share one. After a failure the connections that wait for
/// a call are given up: their far side may have gone the same way. The token is read for every
/// request, so that a new one counts at once.
final class HubConnection implements AutoCloseable {
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(5);
  private static final int MAX_TOKEN_BYTES = 1024;

  private final URI hub;
  private final Path tokenFile;
  private final Deadlines deadlines;

  /// Finds the hub's certificate; absent when it was told.
  private final Optional<HubProver> prover;

  /// To the certificate that is trusted now; a proof may be under way. Null when one is needed.
  private final AtomicReference<@Nullable Future<HubHttp>> current = new AtomicReference<>();

  /// A blocking read heeds no deadline of a whole answer, nor an interrupt; who waits for a thread
  /// of these does. Platform threads: a virtual one that blocks on a socket goes through a poller
  /// for each piece of a frame.
  private final ExecutorService exchanges =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("hub-exchange-", 0).factory());

  private HubConnection(URI hub, Path tokenFile, Deadlines deadlines, Optional<HubProver> prover) {
    if (!"https".equals(hub.getScheme()) || hub.getHost() == null) {
      throw new IllegalArgumentException("expected a URL such as https://hub:7443, found " + hub);
    }
    this.hub = hub;
    this.tokenFile = tokenFile;
    this.deadlines = deadlines;
    this.prover = prover;
  }

  /// To the hub that has this certificate.
  ///
  /// @throws IllegalArgumentException when `hub` is no https URL of a host
  static HubConnection pinned(URI hub, CertificatePin pin, Path tokenFile, Deadlines deadlines) {
    HubConnection connection = new HubConnection(hub, tokenFile, deadlines, Optional.empty());
    connection.current.set(
        CompletableFuture.completedFuture(new HubHttp(PinnedTrust.context(pin), deadlines)));
    return connection;
  }

  /// To the hub that proves to know the token.
  ///
  /// @throws IllegalArgumentException when `hub` is no https URL of a host
  static HubConnection proven(URI hub, Api api, Path tokenFile, Deadlines deadlines) {
    HubProver prover = new HubProver(hub, api, tokenFile, deadlines.ofProof());
    return new HubConnection(hub, tokenFile, deadlines, Optional.of(prover));
  }

  /// The address of `path` at the hub.
  URI at(String path) {
    return hub.resolve(path);
  }

  /// Sends a request and returns once the answer, body and all, is here.
  ///
  /// @throws HubRefusal when the status is not 200
  byte[] call(HttpUriRequestBase request, int maxAnswerBytes)
      throws IOException, InterruptedException {
    return exchange(
        request,
        http -> {
          try (Answer answer = open(http, request)) {
            return answer.read(maxAnswerBytes);
          }
        });
  }

  /// Sends a request and returns once the answer begins.
  ///
  /// @throws HubRefusal when the status is not 200
  Answer begin(HttpUriRequestBase request) throws IOException, InterruptedException {
    return exchange(request, http -> open(http, request));
  }

  private Answer open(HubHttp http, HttpUriRequestBase request) throws IOException {
    Answer answer =
        new Answer(request, http.open(HttpHost.create(hub), request, HttpClientContext.create()));
    int status = answer.response().getCode();
    if (status == 200) {
      return answer;
    }
    try (answer) {
      throw refusal(status, answer.read(Limits.MAX_ERROR_BYTES));
    }
  }

  private <T> T exchange(HttpUriRequestBase request, Exchange<T> exchange)
      throws IOException, InterruptedException {
    Future<HubHttp> trusted = trusted();
    HubHttp http;
    try {
      http = await(trusted, () -> {});
    } catch (IOException e) {
      forget(trusted);
      throw e;
    }
    http.closeExpired();
    request.setHeader(HttpHeaders.AUTHORIZATION, "Bearer " + token());
    try {
      return await(submit(() -> exchange.over(http)), request::cancel);
    } catch (HubRefusal e) {
      throw e;
    } catch (UnprovenHub e) {
      forget(trusted);
      throw e;
    } catch (IOException e) {
      http.closeIdle();
      throw e;
    }
  }

  /// The way to the hub, or the proof that leads to it, which all callers share.
  private Future<HubHttp> trusted() throws IOException {
    while (true) {
      Future<HubHttp> now = current.get();
      if (now != null) {
        return now;
      }
      HubProver needed = prover.orElseThrow();
      String token = token();
      FutureTask<HubHttp> proof =
          new FutureTask<>(() -> new HubHttp(PinnedTrust.context(needed.prove(token)), deadlines));
      if (current.compareAndSet(null, proof)) {
        run(proof);
        return proof;
      }
    }
  }

  /// Lets the next call ask for a proof, unless another's failure did so already.
  private void forget(Future<HubHttp> trusted) {
    if (prover.isPresent() && current.compareAndSet(trusted, null)) {
      close(trusted);
    }
  }

  private <T> Future<T> submit(Callable<T> task) throws IOException {
    FutureTask<T> future = new FutureTask<>(task);
    run(future);
    return future;
  }

  private void run(Runnable task) throws IOException {
    try {
      exchanges.execute(task);
    } catch (RejectedExecutionException e) {
      throw closed(e);
    }
  }

  private <T> T await(Future<T> result, Runnable cancel) throws IOException, InterruptedException {
    try {
      return result.get(deadlines.answer().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      cancel.run();
      throw e;
    } catch (TimeoutException e) {
      cancel.run();
      throw silent(e);
    } catch (ExecutionException e) {
      Throwable failure = e.getCause() == null ? e : e.getCause();
      if (failure instanceof HubRefusal refusal) {
        throw refusal;
      }
      throw exchanges.isShutdown() ? closed(failure) : explained(failure);
    }
  }

  /// To be called after a failure that this did not see.
  void giveUpIdle() {
    Future<HubHttp> now = current.get();
    if (now != null && now.state() == Future.State.SUCCESS) {
      now.resultNow().closeIdle();
    }
  }

  /// What a status other than 200 says.
  private HubRefusal refusal(int status, byte[] body) {
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
  private IOException explained(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof UnprovenHub unproven) {
        return unproven;
      }
      if (t instanceof PinnedTrust.Mismatch mismatch && prover.isPresent()) {
        return new UnprovenHub(
            "the hub at "
                + hub
                + " is another than before: "
                + mismatch.getMessage()
                + "; the next try asks it to prove that it knows the token",
            failure);
      }
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
      case ConnectTimeoutException e ->
          new IOException(
              "cannot connect to the hub at "
                  + hub
                  + " within "
                  + deadlines.connect().toSeconds()
                  + " s: check the address, and the firewalls between",
              e);
      case UnknownHostException e ->
          new IOException(
              "cannot connect to the hub at " + hub + ": its name is not known; check hub.url", e);
      case ConnectException e -> unconnected(e);
      case NoRouteToHostException e -> unconnected(e);
      case SSLException e ->
          new IOException(
              "no TLS with the hub at "
                  + hub
                  + ": "
                  + reason(e)
                  + "; check that it is a Purser hub that listens there",
              e);
      case SocketTimeoutException e -> silent(e);
      default ->
          new IOException(
              "the connection to the hub at " + hub + " broke: " + reason(failure), failure);
    };
  }

  private IOException unconnected(IOException cause) {
    return new IOException(
        "cannot connect to the hub at "
            + hub
            + ": "
            + reason(cause)
            + "; check that it runs and listens there",
        cause);
  }

  private IOException silent(Exception cause) {
    return new IOException(
        "the hub at "
            + hub
            + " did not answer within "
            + deadlines.answer().toSeconds()
            + " s: see its log and its load",
        cause);
  }

  private IOException closed(Throwable cause) {
    return new IOException("the connection to the hub at " + hub + " is closed", cause);
  }

  /// Breaks off calls under way.
  @Override
  public void close() {
    exchanges.shutdown();
    closeCurrent();
    try {
      exchanges.awaitTermination(CLOSE_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // A proof may have ended meanwhile.
    closeCurrent();
  }

  private void closeCurrent() {
    Future<HubHttp> now = current.get();
    if (now != null) {
      close(now);
    }
  }

  private static void close(Future<HubHttp> trusted) {
    if (trusted.state() == Future.State.SUCCESS) {
      trusted.resultNow().close();
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
    } catch (AccessDeniedException e) {
      throw new IOException(tokenFile + " may not be read: give it to this user", e);
    }
    String token = new String(bytes, StandardCharsets.ISO_8859_1).strip();
    if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IOException(tokenFile + " holds no token: copy it from the hub's data directory");
    }
    return token;
  }

  /// The innermost cause's, without the client's words before it, which repeat the address.
  private static String reason(Throwable failure) {
    String reason = failure.getClass().getSimpleName();
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t.getMessage() != null) {
        reason = t.getMessage();
      }
    }
    return reason.replaceFirst("^Connect to .* failed: ", "");
  }

  /// One call, over connections to the hub that is trusted.
  private interface Exchange<T> {
    T over(HubHttp http) throws IOException;
  }

  /// An answer that has begun. Closing it breaks off what of it was not read.
  record Answer(HttpUriRequestBase request, ClassicHttpResponse response) implements AutoCloseable {
    /// The whole body.
    byte[] read(int maxBytes) throws IOException {
      byte[] body = body().readNBytes(maxBytes);
      if (body.length == maxBytes && body().read() >= 0) {
        throw new IOException("the hub's answer is longer than " + maxBytes + " bytes");
      }
      return body;
    }

    InputStream body() throws IOException {
      HttpEntity entity = response.getEntity();
      return entity == null ? InputStream.nullInputStream() : entity.getContent();
    }

    @Override
    public void close() {
      // Does nothing to an answer that was read to its end: its connection was given back.
      request.cancel();
      try {
        response.close();
      } catch (IOException e) {
        // It would have read the rest, from a connection that is closed now.
      }
    }
  }

  /// How long a client waits.
  ///
  /// @param connect for the connection
  /// @param answer for the whole answer; for a query, for its first byte and between any two
  record Deadlines(Duration connect, Duration answer) {
    static final Deadlines OF_INGEST =
        new Deadlines(Duration.ofSeconds(10), Duration.ofSeconds(60));

    /// The hub lets a tail wait for ten seconds, and ask for thirty.
    static final Deadlines OF_TAIL = new Deadlines(Duration.ofSeconds(10), Duration.ofSeconds(60));

    static final Deadlines OF_QUERY = new Deadlines(Duration.ofSeconds(10), Duration.ofMinutes(10));

    /// As long for the connection; a proof costs the hub nothing.
    Deadlines ofProof() {
      return new Deadlines(connect, connect.compareTo(answer) < 0 ? connect : answer);
    }
  }
}
