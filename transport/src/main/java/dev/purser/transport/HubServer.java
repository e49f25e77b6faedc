package dev.purser.transport;

import io.helidon.common.tls.Tls;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http2.Http2Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A hub's network side: HTTP/2 and HTTP/1.1 over TLS 1.3, as docs/formats/transport.md says.
/// Thread-safe.
public final class HubServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HubServer.class);
  private static final Duration STOP_GRACE = Duration.ofMillis(500);
  private static final int WRITE_BUFFER_BYTES = 64 << 10;

  private final Duration drainDeadline;
  private final Watchdog watchdog = new Watchdog();
  private final InFlight inFlight;
  private final WebServer server;
  private final InetSocketAddress address;

  /// Listens at once.
  ///
  /// @param hub not closed by this
  /// @throws IOException when it cannot listen there
  public HubServer(ListenAddress listen, HubIdentity identity, Tokens tokens, HubApi hub)
      throws IOException {
    this(listen, identity, tokens, hub, Deadlines.USUAL);
  }

  HubServer(
      ListenAddress listen, HubIdentity identity, Tokens tokens, HubApi hub, Deadlines deadlines)
      throws IOException {
    this.drainDeadline = deadlines.drain();
    Gate gate = new Gate(tokens);
    this.inFlight = new InFlight(deadlines.body(), watchdog);
    HttpRouting.Builder routing =
        HttpRouting.builder()
            .addFilter(inFlight)
            .register(new HealthRoutes())
            .register(new ProofRoutes(tokens, identity.certSha256()))
            .register(new IngestRoutes(hub.ingest(), gate))
            .register(new QueryRoutes(hub, gate, deadlines.reader(), watchdog))
            .any(HubServer::noSuchEndpoint)
            .error(HttpException.class, HubServer::refused)
            .error(Exception.class, HubServer::failed);
    InetAddress host;
    try {
      host = InetAddress.getByName(listen.host());
    } catch (UnknownHostException e) {
      throw new IOException(
          "cannot listen on " + listen + ": unknown host; name an address of this machine", e);
    }
    probe(listen, host);
    this.server = start(listen, host, identity, routing);
    this.address = new InetSocketAddress(host, server.port());
  }

  /// The server would tell of a port that is taken in its log only.
  private static void probe(ListenAddress listen, InetAddress host) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(host, listen.port()));
    } catch (IOException e) {
      throw new IOException(
          "cannot listen on " + listen + ": " + e.getMessage() + "; choose another in hub.listen",
          e);
    }
  }

  /// Where it really listens.
  public InetSocketAddress address() {
    return address;
  }

  /// Refuses new requests, waits a few seconds for those under way, and breaks off what is left.
  /// Waits for no reader of a query longer than that.
  @Override
  public void close() {
    try {
      if (!inFlight.drain(drainDeadline)) {
        LOG.warn("Requests were still under way when the hub closed; they are broken off");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.stop();
    watchdog.close();
  }

  private static WebServer start(
      ListenAddress listen, InetAddress host, HubIdentity identity, HttpRouting.Builder routing)
      throws IOException {
    Tls tls =
        Tls.builder().sslContext(identity.serverContext()).addEnabledProtocol("TLSv1.3").build();
    try {
      return WebServer.builder()
          .shutdownHook(false)
          // The other mode looks up the name of each peer before its handshake.
          .useNio(false)
          .featuresDiscoverServices(false)
          .address(host)
          .port(listen.port())
          .tls(tls)
          .protocolsDiscoverServices(false)
          .addProtocol(http2())
          .addProtocol(http1())
          .maxTcpConnections(Limits.MAX_CONNECTIONS)
          .idleConnectionTimeout(Limits.IDLE_CONNECTION)
          .shutdownGracePeriod(STOP_GRACE)
          .writeBufferSize(WRITE_BUFFER_BYTES)
          .connectionOptions(options -> options.tcpNoDelay(true).readTimeout(Limits.SILENCE))
          .routing(routing)
          .build()
          .start();
    } catch (UncheckedIOException e) {
      throw new IOException(
          "cannot listen on "
              + listen
              + ": "
              + (e.getCause() == null ? e : e.getCause()).getMessage()
              + "; end what listens there, or change hub.listen",
          e);
    }
  }

  private static Http2Config http2() {
    return Http2Config.builder()
        .initialWindowSize(Limits.WINDOW_BYTES)
        .maxFrameSize(Limits.MAX_DATA_FRAME_BYTES)
        .maxHeaderListSize(Limits.MAX_HEADER_BYTES)
        .maxConcurrentStreams(Limits.MAX_CONCURRENT_STREAMS)
        .flowControlTimeout(Limits.SLOW_READER_DEADLINE)
        .build();
  }

  private static Http1Config http1() {
    return Http1Config.builder().maxHeadersSize(Limits.MAX_HEADER_BYTES).build();
  }

  private static void noSuchEndpoint(ServerRequest request, ServerResponse response) {
    Answers.fail(
        response,
        Status.NOT_FOUND_404,
        "no such endpoint; docs/formats/transport.md lists those there are");
  }

  private static void refused(ServerRequest request, ServerResponse response, HttpException e) {
    Answers.fail(response, e.status(), String.valueOf(e.getMessage()));
  }

  private static void failed(ServerRequest request, ServerResponse response, Exception e) {
    LOG.atError()
        .addKeyValue("method", request.prologue().method().text())
        .addKeyValue("path", request.path().path())
        .setCause(e)
        .log("Request failed");
    Answers.fail(
        response,
        Status.INTERNAL_SERVER_ERROR_500,
        "the hub failed, its log says more: " + e.getMessage());
  }

  /// How long the hub waits.
  ///
  /// @param body for a request's body to arrive
  /// @param reader for the reader of an answer to take some of it
  /// @param drain for requests under way when it closes
  record Deadlines(Duration body, Duration reader, Duration drain) {
    static final Deadlines USUAL =
        new Deadlines(Limits.BODY_DEADLINE, Limits.SLOW_READER_DEADLINE, Limits.DRAIN_DEADLINE);
  }
}
