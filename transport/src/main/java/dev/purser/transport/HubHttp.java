package dev.purser.transport;

import java.io.IOException;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.client5.http.ssl.NoopHostnameVerifier;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/// HTTP/1.1 over TLS 1.3 to those hosts that an [SSLContext] trusts, with a connection for each
/// call under way. Thread-safe.
final class HubHttp implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 64;

  /// So that a changed address of the hub, or a load balancer's choice, counts before long.
  private static final TimeValue CONNECTION_LIFE = TimeValue.ofMinutes(5);

  private final PoolingHttpClientConnectionManager connections;
  private final CloseableHttpClient client;

  HubHttp(SSLContext trust, HubConnection.Deadlines deadlines) {
    this.connections = connections(trust, deadlines);
    this.client =
        HttpClients.custom()
            .setConnectionManager(connections)
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setConnectionRequestTimeout(Timeout.of(deadlines.answer()))
                    .setResponseTimeout(Timeout.of(deadlines.answer()))
                    .build())
            .setUserAgent("purser")
            .disableAuthCaching()
            .disableAutomaticRetries()
            .disableConnectionState()
            .disableContentCompression()
            .disableCookieManagement()
            .disableRedirectHandling()
            .build();
  }

  private static PoolingHttpClientConnectionManager connections(
      SSLContext trust, HubConnection.Deadlines deadlines) {
    return PoolingHttpClientConnectionManagerBuilder.create()
        .setTlsSocketStrategy(
            new DefaultClientTlsStrategy(
                trust,
                new String[] {"TLSv1.3"},
                null,
                null,
                HostnameVerificationPolicy.CLIENT,
                NoopHostnameVerifier.INSTANCE))
        .setDefaultTlsConfig(
            TlsConfig.custom().setHandshakeTimeout(Timeout.of(deadlines.connect())).build())
        .setDefaultConnectionConfig(
            ConnectionConfig.custom()
                .setConnectTimeout(Timeout.of(deadlines.connect()))
                .setSocketTimeout(Timeout.of(deadlines.answer()))
                .setTimeToLive(CONNECTION_LIFE)
                .build())
        .setMaxConnTotal(MAX_CONNECTIONS)
        .setMaxConnPerRoute(MAX_CONNECTIONS)
        .build();
  }

  /// Sends a request and returns once the answer begins.
  ///
  /// @param context tells of the connection afterwards
  ClassicHttpResponse open(HttpHost host, HttpUriRequestBase request, HttpClientContext context)
      throws IOException {
    return client.executeOpen(host, request, context);
  }

  /// What waits longer than it may is closed by the hub, and would stay half closed here.
  void closeExpired() {
    connections.closeExpired();
  }

  /// Gives up the connections that wait for a call.
  void closeIdle() {
    connections.closeIdle(TimeValue.ZERO_MILLISECONDS);
  }

  /// Breaks off calls under way.
  @Override
  public void close() {
    client.close(CloseMode.IMMEDIATE);
  }
}
