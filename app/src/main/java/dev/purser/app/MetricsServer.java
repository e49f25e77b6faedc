package dev.purser.app;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.purser.transport.ListenAddress;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// `GET /metrics` of an agent, which has no other listener. Plain HTTP without a token: figures
/// only, and only where the config asks for it. (A hub serves its own over TLS, with the query
/// token.)
final class MetricsServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  MetricsServer(ListenAddress listen, PrometheusMeterRegistry metrics) throws IOException {
    try {
      server = HttpServer.create(new InetSocketAddress(listen.host(), listen.port()), 0);
    } catch (BindException e) {
      throw new IOException(
          "cannot listen on "
              + listen
              + ": "
              + e.getMessage()
              + "; choose another in agent.metrics",
          e);
    }
    server.setExecutor(threads);
    server.createContext("/metrics", exchange -> answer(exchange, metrics));
    server.start();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }

  private static void answer(HttpExchange exchange, PrometheusMeterRegistry metrics)
      throws IOException {
    try (exchange) {
      byte[] body = metrics.scrape().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
