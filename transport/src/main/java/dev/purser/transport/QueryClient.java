package dev.purser.transport;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;

/// A user's hub over the network: SQL, status, tables, metrics. Thread-safe.
public final class QueryClient implements AutoCloseable {
  private static final ContentType SQL =
      ContentType.create("application/sql", StandardCharsets.UTF_8);
  private static final int BAD_REQUEST = 400;
  private static final int SERVER_ERROR = 500;
  private static final int COPY_BYTES = 64 << 10;

  private final HubConnection connection;

  /// Connects at the first call.
  ///
  /// @param tokenFile read for every request
  /// @throws IllegalArgumentException when `hub` is no https URL
  public QueryClient(URI hub, CertificatePin pin, Path tokenFile) {
    this(HubConnection.pinned(hub, pin, tokenFile, HubConnection.Deadlines.OF_QUERY));
  }

  private QueryClient(HubConnection connection) {
    this.connection = connection;
  }

  /// For single questions.
  ///
  /// @param pin of the hub's certificate; where it is not known, the hub must prove to know the
  ///   token
  /// @throws IllegalArgumentException when `hub` is no https URL
  public static QueryClient of(URI hub, Optional<CertificatePin> pin, Path tokenFile) {
    return to(hub, pin, tokenFile, HubConnection.Deadlines.OF_QUERY);
  }

  /// As [#of]; for [#tail], which notices before long that its hub is gone.
  public static QueryClient ofTail(URI hub, Optional<CertificatePin> pin, Path tokenFile) {
    return to(hub, pin, tokenFile, HubConnection.Deadlines.OF_TAIL);
  }

  private static QueryClient to(
      URI hub, Optional<CertificatePin> pin, Path tokenFile, HubConnection.Deadlines deadlines) {
    return new QueryClient(
        pin.isPresent()
            ? HubConnection.pinned(hub, pin.get(), tokenFile, deadlines)
            : HubConnection.proven(hub, Api.QUERY, tokenFile, deadlines));
  }

  /// Runs a query and writes its rows as they come: a JSON array of objects, in UTF-8.
  ///
  /// @throws QueryRejected when the query is at fault; nothing was written
  /// @throws IOException when what was written is not all of the answer, or `out` failed
  /// @throws InterruptedException while waiting for the answer to begin
  public void sql(String sql, OutputStream out)
      throws QueryRejected, IOException, InterruptedException {
    HttpPost request = new HttpPost(connection.at("/v1/sql"));
    request.setEntity(new ByteArrayEntity(sql.getBytes(StandardCharsets.UTF_8), SQL));
    try (HubConnection.Answer answer = connection.begin(request)) {
      copy(answer.body(), out);
    } catch (HubRefusal refusal) {
      if (refusal.status() == BAD_REQUEST) {
        throw new QueryRejected(refusal.error(), refusal);
      }
      throw refusal;
    }
  }

  /// Waits for rows of a table, at most some seconds; docs/formats/transport.md has the form of
  /// request and answer.
  ///
  /// @return a JSON object
  /// @throws QueryRejected when the hub would refuse it again however often it is asked
  public byte[] tail(String requestJson) throws QueryRejected, IOException, InterruptedException {
    HttpPost request = new HttpPost(connection.at("/v1/tail"));
    request.setEntity(
        new ByteArrayEntity(
            requestJson.getBytes(StandardCharsets.UTF_8), ContentType.APPLICATION_JSON));
    try {
      return connection.call(request, Limits.MAX_ANSWER_BYTES);
    } catch (HubRefusal refusal) {
      if (refusal.status() == BAD_REQUEST) {
        throw new QueryRejected(refusal.error(), refusal);
      }
      if (refusal.status() < SERVER_ERROR) {
        throw new QueryRejected(String.valueOf(refusal.getMessage()), refusal);
      }
      throw refusal;
    }
  }

  /// A JSON object.
  public byte[] status() throws IOException, InterruptedException {
    return get("/v1/status");
  }

  /// A JSON array.
  public byte[] tables() throws IOException, InterruptedException {
    return get("/v1/tables");
  }

  /// Prometheus text.
  public String metrics() throws IOException, InterruptedException {
    return new String(get("/metrics"), StandardCharsets.UTF_8);
  }

  /// Breaks off calls under way.
  @Override
  public void close() {
    connection.close();
  }

  private byte[] get(String path) throws IOException, InterruptedException {
    return connection.call(new HttpGet(connection.at(path)), Limits.MAX_ANSWER_BYTES);
  }

  private void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[COPY_BYTES];
    while (true) {
      int read;
      try {
        read = in.read(buffer);
      } catch (IOException e) {
        connection.giveUpIdle();
        throw new IOException(
            "the answer broke off, what was printed is not all of it: it has more rows or takes"
                + " longer than a query may, or was left unread for a minute; the hub's log says"
                + " which",
            e);
      }
      if (read < 0) {
        return;
      }
      out.write(buffer, 0, read);
    }
  }
}
