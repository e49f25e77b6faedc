package dev.purser.kubernetes;

import dev.purser.core.json.FieldNames;
import dev.purser.core.json.JsonScanner;
import dev.purser.core.json.JsonText;
import dev.purser.core.table.MalformedRecordException;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Requests to an API server, in plain blocking calls that give the bytes as they were sent.
///
/// Connection, TLS and credentials are the Kubernetes client's, the requests are our own: its typed
/// watch would parse and print each object anew, and its retries would hide what happened.
///
/// Thread-safe.
public final class ApiServer implements AutoCloseable {
  private static final int MESSAGE_CHARS = 300;
  private static final FieldNames STATUS = FieldNames.of("message");

  /// What is sent of the objects that were asked for.
  public enum Form {
    WHOLE("application/json"),
    /// A list of objects with nothing but their metadata.
    METADATA_LIST("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"),
    /// Objects with nothing but their metadata, one by one: those of a watch.
    METADATA("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");

    private final String accept;

    Form(String accept) {
      this.accept = accept;
    }
  }

  private final KubernetesClient client;
  private final String base;
  private final long answerMillis;
  private final String needs;

  /// @param answerMillis how long an answer may take (for a watch: its first byte)
  /// @param needs what its user must be allowed to do, for the message where it is not
  ApiServer(Config config, int answerMillis, String needs) {
    Config own =
        new ConfigBuilder(config)
            .withConnectionTimeout(answerMillis)
            .withRequestTimeout(answerMillis)
            .withRequestRetryBackoffLimit(0)
            // One connection each: one that has died silently must not take other requests with it.
            .withHttp2Disable(true)
            .build();
    this.client = new KubernetesClientBuilder().withConfig(own).build();
    String url = client.getMasterUrl().toString();
    this.base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    this.answerMillis = answerMillis;
    this.needs = needs;
  }

  /// The answer to a GET.
  ///
  /// @param path with its query
  /// @throws ApiException when the server refused
  public byte[] get(String path, Form form) throws IOException, InterruptedException {
    HttpResponse<byte[]> response =
        await(client.getHttpClient().sendAsync(request(path, form).build(), byte[].class), path);
    byte[] body = response.body() == null ? new byte[0] : response.body();
    if (!response.isSuccessful()) {
      throw refused(path, response.code(), body);
    }
    return body;
  }

  /// Opens a watch.
  ///
  /// @param path of the collection, with the query that makes it a watch
  /// @throws ApiException when the server refused
  public WatchStream watch(String path, Form form) throws IOException, InterruptedException {
    WatchStream stream = new WatchStream();
    HttpRequest request = request(path, form).forStreaming().build();
    CompletableFuture<HttpResponse<AsyncBody>> answer =
        client.getHttpClient().consumeBytes(request, stream::offer);
    HttpResponse<AsyncBody> response = await(answer, path);
    stream.begin(response.body());
    if (response.isSuccessful()) {
      return stream;
    }
    try (stream) {
      throw refused(path, response.code(), stream.readAll(answerMillis));
    }
  }

  /// Sends a request of its own with a bounded wait, to see whether the server answers at all; any
  /// answer is one.
  ///
  /// @throws IOException when none came
  int probe() throws IOException, InterruptedException {
    return await(
            client.getHttpClient().sendAsync(request("/version", Form.WHOLE).build(), byte[].class),
            "/version")
        .code();
  }

  @Override
  public void close() {
    client.close();
  }

  private HttpRequest.Builder request(String path, Form form) {
    return client
        .getHttpClient()
        .newHttpRequestBuilder()
        .uri(base + path)
        .header("Accept", form.accept);
  }

  private <T> T await(CompletableFuture<T> answer, String path)
      throws IOException, InterruptedException {
    try {
      return answer.get(answerMillis, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(base + ": no answer to " + path(path) + ": " + describe(cause), cause);
    } catch (TimeoutException e) {
      throw new IOException(
          base + ": no answer to " + path(path) + " within " + answerMillis + " ms", e);
    } finally {
      answer.cancel(true);
    }
  }

  private ApiException refused(String path, int code, byte[] body) {
    String hint =
        switch (code) {
          case 401 -> "; are the credentials in the kubeconfig still valid?";
          case 403 -> "; its user needs " + needs;
          default -> "";
        };
    return new ApiException(
        code, base + ": " + path(path) + " refused with " + code + ": " + message(body) + hint);
  }

  /// The failure of an answer that came and cannot be read.
  public static IOException unreadable(String path, MalformedRecordException e) {
    return new IOException(
        "the answer to " + path(path) + " is not what an API server sends: " + e.getMessage());
  }

  /// The message in a Status object, or the beginning of whatever it is; quoted, on one line, cut.
  private static String message(byte[] body) {
    JsonScanner scanner = new JsonScanner(100);
    scanner.reset(body, 0, body.length);
    String text = new String(body, 0, Math.min(body.length, MESSAGE_CHARS), StandardCharsets.UTF_8);
    try {
      scanner.enterObject();
      while (scanner.nextField()) {
        if (scanner.name(STATUS) == 0 && scanner.string()) {
          text = JsonText.string(body, scanner.start(), scanner.end(), scanner.escaped());
          break;
        }
        scanner.skipValue();
      }
    } catch (MalformedRecordException e) {
      // Not the API server's own words; shown as they are.
    }
    return quote(text);
  }

  /// A text of the server's, or of anybody's, for a message: quoted, on one line, cut.
  public static String quote(String text) {
    String line = text.strip().replaceAll("\\p{Cntrl}", "?");
    return '"'
        + (line.length() <= MESSAGE_CHARS ? line : line.substring(0, MESSAGE_CHARS) + "…")
        + '"';
  }

  private static String path(String path) {
    int query = path.indexOf('?');
    return query < 0 ? path : path.substring(0, query);
  }

  private static String describe(Throwable cause) {
    String message = cause.getMessage();
    return cause.getClass().getSimpleName() + (message == null ? "" : " " + quote(message));
  }
}
