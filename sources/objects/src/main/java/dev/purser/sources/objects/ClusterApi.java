package dev.purser.sources.objects;

import dev.purser.kubernetes.ApiServer;
import dev.purser.kubernetes.Kubeconfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The connection that the watches of one cluster share. Thread-safe.
final class ClusterApi implements AutoCloseable {
  private static final String NEEDS =
      Arrays.stream(Kind.values())
          .map(Kind::resource)
          .collect(Collectors.joining(", ", "list and watch on ", " in all namespaces"));

  private final Path kubeconfig;
  private final Duration answer;
  private @Nullable ApiServer server;
  private @Nullable FileTime written;

  ClusterApi(Path kubeconfig, Duration answer) {
    this.kubeconfig = kubeconfig;
    this.answer = answer;
  }

  /// The server as the file says it now.
  synchronized ApiServer server() throws IOException {
    FileTime now = Files.exists(kubeconfig) ? Files.getLastModifiedTime(kubeconfig) : null;
    ApiServer known = server;
    if (known != null && now != null && now.equals(written)) {
      return known;
    }
    close();
    ApiServer connected = Kubeconfig.connect(kubeconfig, answer, NEEDS);
    server = connected;
    written = now;
    return connected;
  }

  /// Its credentials are not valid any more; files beside the kubeconfig may be renewed.
  synchronized void renew() {
    written = null;
  }

  @Override
  public synchronized void close() {
    if (server != null) {
      server.close();
      server = null;
    }
  }
}
