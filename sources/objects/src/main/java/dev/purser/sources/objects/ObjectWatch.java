package dev.purser.sources.objects;

import dev.purser.kubernetes.ApiException;
import dev.purser.kubernetes.ApiServer;
import dev.purser.kubernetes.Backoff;
import dev.purser.kubernetes.WatchStream;
import dev.purser.sources.objects.LiveInventory.State;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The objects of one kind in one cluster, from the API server into the inventory: list, then watch
/// from the list's version, for ever; metadata only, but for pods. Where the server no longer has
/// the versions that follow, it lists again. What came and went in between is not known.
///
/// One virtual thread runs it.
final class ObjectWatch implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(ObjectWatch.class);
  private static final int PAGE = 500;
  private static final int LEAST_WATCH_SECONDS = 300;
  private static final long SHORT_NANOS = Duration.ofSeconds(1).toNanos();

  /// An API server sends a bookmark each minute: a watch that is silent for longer may be dead.
  private static final long SILENT_NANOS = Duration.ofMinutes(3).toNanos();

  private final String cluster;
  private final Kind kind;
  private final ClusterApi api;
  private final LiveInventory inventory;
  private final UnseenContainers unseen;
  private final ObjectReader reader;
  private final Backoff backoff;
  private final Backoff.Pause pause;
  private final RandomGenerator random;
  private @Nullable String version;
  private volatile @Nullable String problem;

  ObjectWatch(
      ObjectReader reader,
      ClusterApi api,
      LiveInventory inventory,
      UnseenContainers unseen,
      Backoff backoff,
      Backoff.Pause pause,
      RandomGenerator random) {
    this.cluster = reader.cluster();
    this.kind = reader.kind();
    this.reader = reader;
    this.api = api;
    this.inventory = inventory;
    this.unseen = unseen;
    this.backoff = backoff;
    this.pause = pause;
    this.random = random;
  }

  Kind kind() {
    return kind;
  }

  /// Why it cannot be read.
  Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  /// Works until its thread is interrupted.
  @Override
  public void run() {
    try {
      while (true) {
        try {
          session(api.server());
        } catch (IOException e) {
          failed(e);
        } catch (RuntimeException e) {
          LOG.atError()
              .addKeyValue("cluster", cluster)
              .addKeyValue("kind", kind.resource())
              .setCause(e)
              .log("Watch of objects failed");
          failed(e);
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  /// A list, if one is due, and one watch.
  private void session(ApiServer server) throws IOException, InterruptedException {
    String from = version;
    if (from == null) {
      from = list(server);
      version = from;
    }
    follow(server, from);
  }

  private String list(ApiServer server) throws IOException, InterruptedException {
    List<KnownObject> objects = new ArrayList<>();
    List<PodRun> runs = new ArrayList<>();
    String next = "";
    while (true) {
      byte[] json =
          server.get(
              kind.path()
                  + "?limit="
                  + PAGE
                  + (next.isEmpty()
                      ? ""
                      : "&continue=" + URLEncoder.encode(next, StandardCharsets.UTF_8)),
              kind.listForm());
      ObjectReader.Page page = reader.page(json);
      objects.addAll(page.objects());
      runs.addAll(page.runs());
      next = page.next();
      if (next.isEmpty()) {
        inventory.replace(cluster, kind, objects);
        if (kind == Kind.POD) {
          unseen.listed(cluster, runs);
        }
        return page.version();
      }
    }
  }

  private void follow(ApiServer server, String from) throws IOException, InterruptedException {
    long opened = System.nanoTime();
    int seconds = LEAST_WATCH_SECONDS + random.nextInt(LEAST_WATCH_SECONDS);
    String path =
        kind.path()
            + "?watch=1&allowWatchBookmarks=true&resourceVersion="
            + URLEncoder.encode(from, StandardCharsets.UTF_8)
            + "&timeoutSeconds="
            + seconds;
    try (WatchStream lines = server.watch(path, kind.watchForm())) {
      problem = null;
      inventory.state(cluster, kind, State.WATCHED);
      while (lines.next(SILENT_NANOS) == WatchStream.Next.LINE) {
        backoff.succeeded();
        take(reader.line(lines.bytes(), lines.lineStart(), lines.lineEnd()));
      }
    }
    if (from.equals(version) && System.nanoTime() - opened < SHORT_NANOS) {
      // Some servers just close a watch from a version that they have forgotten.
      version = null;
      throw new IOException("the API server closes the watch as soon as it is opened");
    }
    backoff.succeeded();
  }

  private void take(ObjectReader.Line line) throws ApiException {
    switch (line) {
      case ObjectReader.Line.Changed(KnownObject object, PodRun run, String at) -> {
        inventory.put(object);
        if (run != null) {
          unseen.saw(run);
        }
        version = at;
      }
      case ObjectReader.Line.Deleted(KnownObject object, PodRun run, String at) -> {
        inventory.remove(object.id());
        if (run != null) {
          unseen.saw(run);
          unseen.gone(run.id());
        }
        version = at;
      }
      case ObjectReader.Line.Bookmark(String at) -> version = at;
      case ObjectReader.Line.Refused(int code, String message) ->
          throw new ApiException(
              code,
              "the API server ended the watch with " + code + ": " + ApiServer.quote(message));
    }
  }

  private void failed(Exception e) throws InterruptedException {
    if (e instanceof ApiException refused) {
      if (refused.isExpired()) {
        version = null;
        LOG.atInfo()
            .addKeyValue("cluster", cluster)
            .addKeyValue("kind", kind.resource())
            .log("Watch of objects expired; they are listed anew");
      }
      if (refused.code() == 401) {
        api.renew();
      }
    }
    if (problem == null) {
      LOG.atWarn()
          .addKeyValue("cluster", cluster)
          .addKeyValue("kind", kind.resource())
          .addKeyValue("why", e.getMessage())
          .log("Objects cannot be read");
    }
    problem = String.valueOf(e.getMessage());
    inventory.state(cluster, kind, State.TROUBLED);
    pause.sleep(backoff.failed());
  }
}
