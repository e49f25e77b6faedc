package dev.purser.transport;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// Somebody who listens where a client looks for its hub, and notes all that the client says.
final class StrangeHub implements AutoCloseable {
  private final HttpsServer server;
  private final List<String> heard = new CopyOnWriteArrayList<>();

  /// @param identity whose certificate it shows
  StrangeHub(HubIdentity identity, int port, Answer answer) throws IOException {
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(identity.serverContext()));
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            heard.add(
                exchange.getRequestURI()
                    + " "
                    + exchange.getRequestHeaders().entrySet()
                    + " "
                    + new String(body, StandardCharsets.ISO_8859_1));
            byte[] said = answer.to(exchange.getRequestURI().getPath(), body);
            exchange.sendResponseHeaders(200, said.length);
            exchange.getResponseBody().write(said);
          }
        });
    server.start();
  }

  URI url() {
    return URI.create("https://127.0.0.1:" + server.getAddress().getPort());
  }

  /// Each request with its headers and body.
  List<String> heard() {
    return heard;
  }

  @Override
  public void close() {
    server.stop(0);
  }

  interface Answer {
    byte[] to(String path, byte[] nonce) throws IOException;
  }
}
