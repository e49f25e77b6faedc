package dev.purser.sources.events;

import dev.purser.core.table.MalformedRecordException;
import dev.purser.kubernetes.ApiException;
import dev.purser.kubernetes.ApiServer;
import dev.purser.kubernetes.ApiServer.Form;
import dev.purser.kubernetes.Kubeconfig;
import dev.purser.kubernetes.WatchStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/// The requests that collecting Events needs. Thread-safe.
final class EventsApi implements AutoCloseable {
  private static final String EVENTS = "/api/v1/events";
  private static final String IDENTITY = "/api/v1/namespaces/kube-system";
  private static final int PAGE = 500;

  private final ApiServer server;

  private EventsApi(ApiServer server) {
    this.server = server;
  }

  /// @throws IOException with the file, the context, and what is wrong
  static EventsApi connect(Path kubeconfig, Duration answer) throws IOException {
    return new EventsApi(
        Kubeconfig.connect(
            kubeconfig,
            answer,
            "get on namespaces/kube-system, and list and watch on events in all namespaces"));
  }

  /// What tells this cluster from all others, also when it is built anew at the same address: the
  /// uid of its namespace kube-system.
  String clusterId() throws IOException, InterruptedException {
    byte[] json = server.get(IDENTITY, Form.WHOLE);
    try {
      return EventPages.uid(json);
    } catch (MalformedRecordException e) {
      throw ApiServer.unreadable(IDENTITY, e);
    }
  }

  /// A page of the list of all Events.
  ///
  /// @param selector which list: query parameters behind the page's size, each with `&` in front
  /// @param metadataOnly whether the objects may come without what they say
  byte[] list(String selector, boolean metadataOnly) throws IOException, InterruptedException {
    return server.get(
        EVENTS + "?limit=" + PAGE + selector, metadataOnly ? Form.METADATA_LIST : Form.WHOLE);
  }

  /// Whether the versions behind `version` can still be had.
  boolean holds(long version) throws IOException, InterruptedException {
    try {
      server.get(
          EVENTS + "?limit=1&resourceVersionMatch=Exact&resourceVersion=" + version,
          Form.METADATA_LIST);
      return true;
    } catch (ApiException e) {
      if (e.isExpired()) {
        return false;
      }
      throw e;
    }
  }

  /// Watches all Events behind `version`.
  ///
  /// @param timeoutSeconds after which the server ends it
  WatchStream watch(long version, int timeoutSeconds) throws IOException, InterruptedException {
    return server.watch(
        EVENTS
            + "?watch=1&allowWatchBookmarks=true&resourceVersion="
            + version
            + "&timeoutSeconds="
            + timeoutSeconds,
        Form.WHOLE);
  }

  @Override
  public void close() {
    server.close();
  }
}
