package dev.purser.sources.events;

import dev.purser.core.record.EpochMicros;
import dev.purser.core.record.Position;
import dev.purser.core.record.Stream;
import dev.purser.core.source.Outbox;
import dev.purser.core.source.StreamProgress;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.kubernetes.ApiException;
import dev.purser.kubernetes.ApiServer;
import dev.purser.kubernetes.Backoff;
import dev.purser.kubernetes.Cluster;
import dev.purser.kubernetes.WatchStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The Events of one cluster: list, then watch from the list's version, for ever. The hub's
/// position says where to go on (see [ResumePoint]); this holds nothing that must survive.
///
/// One virtual thread runs it. Connections that end are taken up again where they were; where the
/// server no longer has the versions that follow, a list comes, of which only what was not
/// delivered is sent, and a gap.
final class ClusterWatch implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterWatch.class);
  private static final long LIST_BYTES = 64L << 20;
  private static final int LEAST_WATCH_SECONDS = 300;
  private static final long SHORT_NANOS = Duration.ofSeconds(1).toNanos();

  private final String cluster;
  private final Path kubeconfig;
  private final Pace pace;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Backoff.Pause pause;
  private final Backoff backoff;
  private final Delivery delivery;
  private final WatchLine.Parser parser = new WatchLine.Parser();

  private @Nullable EventsApi api;
  private Counts counts = new Counts(false);
  private long heardNanos;
  private long silentAt;
  private volatile @Nullable WatchStream watch;
  private volatile @Nullable Stream stream;
  private volatile @Nullable String problem;
  private volatile long troubledSinceMicros;
  private volatile @Nullable CompletableFuture<Optional<String>> drained;

  ClusterWatch(
      Cluster cluster,
      Outbox outbox,
      Pace pace,
      InstantSource clock,
      RandomGenerator random,
      Backoff.Pause pause) {
    this.cluster = cluster.name();
    this.kubeconfig = cluster.kubeconfig();
    this.pace = pace;
    this.clock = clock;
    this.random = random;
    this.pause = pause;
    this.backoff = new Backoff(pace.firstBackoff(), pace.mostBackoff(), random);
    this.delivery = new Delivery(cluster.name(), outbox, clock, this::wake);
  }

  /// Works until its thread is interrupted.
  @Override
  public void run() {
    try {
      while (true) {
        try {
          session();
        } catch (SentBackException e) {
          LOG.atInfo().addKeyValue("cluster", cluster).log("Hub sent the stream back");
        } catch (IOException e) {
          failed(e);
        } catch (RuntimeException e) {
          LOG.atError().addKeyValue("cluster", cluster).setCause(e).log("Watch of Events failed");
          failed(e);
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    } finally {
      delivery.close();
      disconnect();
      answerDrain("closed before all was read");
    }
  }

  Optional<StreamProgress> progress() {
    return Optional.ofNullable(stream)
        .map(each ->
            new StreamProgress(
                each.id(),
                Map.of("cluster", cluster),
                -1,
                -1,
                problem == null ? 0 : troubledSinceMicros));
  }

  Optional<String> problem() {
    return Optional.ofNullable(problem).map(text -> "events of cluster " + cluster + ": " + text);
  }

  /// Asks for a sign once all versions that the server has now are delivered; the answer says what
  /// hinders that.
  CompletableFuture<Optional<String>> drain() {
    CompletableFuture<Optional<String>> answer = new CompletableFuture<>();
    drained = answer;
    wake();
    return answer;
  }

  /// From the identity of the cluster to the end of one watch, or of one list.
  private void session() throws IOException, InterruptedException, SentBackException {
    EventsApi server = connect();
    ResumePoint point = delivery.begin(server.clusterId());
    stream = delivery.stream();
    if (!point.needsList()) {
      try {
        follow(server, point);
        return;
      } catch (ApiException e) {
        if (!e.isExpired()) {
          throw e;
        }
        LOG.atWarn()
            .addKeyValue("cluster", cluster)
            .addKeyValue("version", delivery.reached().delivered())
            .log("Watch of Events expired");
      }
      point = delivery.reached().lost();
    }
    list(server, point);
  }

  private void follow(EventsApi server, ResumePoint from)
      throws IOException, InterruptedException, SentBackException {
    int seconds = LEAST_WATCH_SECONDS + random.nextInt(LEAST_WATCH_SECONDS);
    long opened = System.nanoTime();
    try (WatchStream lines = server.watch(from.delivered(), seconds)) {
      watch = lines;
      problem = null;
      heardNanos = opened;
      while (true) {
        WatchStream.Next next = lines.next(waitNanos());
        if (next == WatchStream.Next.LINE) {
          heardNanos = System.nanoTime();
          take(parse(lines));
        }
        if (delivery.wasSentBack()) {
          throw new SentBackException();
        }
        if (delivery.isFull() || delivery.dueNanos(pace.linger(), pace.bookmark()) <= 0) {
          delivery.flush();
        }
        if (next == WatchStream.Next.ENDED) {
          break;
        }
        if (quietNanos() <= 0 || (drained != null && next != WatchStream.Next.LINE)) {
          checkAgainstList(server);
        }
      }
    } catch (IOException e) {
      delivery.flush();
      throw e;
    } finally {
      watch = null;
    }
    delivery.flush();
    ended(server, from, System.nanoTime() - opened);
  }

  private long waitNanos() {
    long due = Math.min(quietNanos(), delivery.dueNanos(pace.linger(), pace.bookmark()));
    return drained == null ? due : Math.min(due, pace.linger().toNanos());
  }

  private long quietNanos() {
    return heardNanos + pace.quiet().toNanos() - System.nanoTime();
  }

  private WatchLine parse(WatchStream lines) throws IOException {
    try {
      return parser.parse(lines.bytes(), lines.lineStart(), lines.lineEnd());
    } catch (MalformedRecordException e) {
      throw ApiServer.unreadable("the watch of Events", e);
    }
  }

  private void take(WatchLine line) throws ApiException {
    ResumePoint reached = delivery.reached();
    switch (line) {
      case WatchLine.Changed(EventVersion version) -> {
        backoff.succeeded();
        counts.delivered(version);
        delivery.add(version, reached.delivered(version.resourceVersion()));
      }
      case WatchLine.Deleted(String uid, long version) -> {
        counts.deleted(uid);
        delivery.pass(reached.delivered(version));
      }
      case WatchLine.Bookmark(long version) -> delivery.pass(reached.delivered(version));
      case WatchLine.Refused(int code, String message) ->
          throw new ApiException(
              code,
              "the API server ended the watch with " + code + ": " + ApiServer.quote(message));
    }
  }

  /// A watch that brought nothing may be one whose versions are forgotten: some servers then just
  /// close it.
  private void ended(EventsApi server, ResumePoint from, long lastedNanos)
      throws IOException, InterruptedException {
    long version = delivery.reached().delivered();
    if (version == from.delivered()) {
      if (!server.holds(version)) {
        throw new ApiException(ApiException.GONE, "versions behind " + version + " are forgotten");
      }
      if (lastedNanos < SHORT_NANOS) {
        throw new IOException("the API server closes the watch as soon as it is opened");
      }
    }
    backoff.succeeded();
  }

  /// On a watch that has been quiet, asks for the list, to see how far the cluster is. If it shows
  /// nothing new, the stream has come that far as well: versions that are forgotten later then do
  /// not matter. If it does, and the watch still brings nothing until the next time, the watch is
  /// dead.
  private void checkAgainstList(EventsApi server)
      throws IOException, InterruptedException, SentBackException {
    heardNanos = System.nanoTime();
    ResumePoint reached = delivery.reached();
    Listing.Newest newest = new Listing(server, LIST_BYTES).newest();
    if (newest.listVersion() < reached.delivered()) {
      throw new ApiException(ApiException.GONE, "the cluster's versions went back");
    }
    if (newest.itemVersion() <= reached.delivered()) {
      delivery.pass(reached.delivered(newest.listVersion()));
      delivery.flush();
      answerDrain(null);
    } else if (silentAt == reached.delivered() && drained == null) {
      silentAt = 0;
      throw new IOException("the watch went silent; there are Events that it did not bring");
    } else {
      silentAt = reached.delivered();
    }
  }

  private void list(EventsApi server, ResumePoint point)
      throws IOException, InterruptedException, SentBackException {
    long lostAt = point.lostAt() == 0 ? point.delivered() : point.lostAt();
    Listing listing = new Listing(server, LIST_BYTES);
    Counts now = new Counts(true);
    Listing.Part part = listing.read(0, point.delivered(), now::delivered);
    boolean wentBack = part.version() < point.delivered();
    if (wentBack) {
      now = new Counts(true);
      part = listing.read(0, 0, now::delivered);
    }
    long version = part.version();
    problem = null;
    long sent = 0;
    long missed = 0;
    while (true) {
      for (EventVersion item : part.rising()) {
        missed += counts.missedBefore(item);
        now.delivered(item);
        delivery.add(item, new ResumePoint(item.resourceVersion(), lostAt));
        sent++;
        if (delivery.isFull()) {
          delivery.flush();
        }
      }
      if (part.whole()) {
        break;
      }
      part = listing.read(version, delivery.reached().delivered(), item -> {});
    }
    ResumePoint then = new ResumePoint(version, ResumePoint.NO_LIST);
    if (lostAt == 0) {
      delivery.pass(then);
      delivery.flush();
    } else {
      delivery.gap(
          new Position(Long.toString(lostAt)),
          then.position(),
          missed > 0 ? missed : null,
          detail(wentBack, sent, missed),
          then);
    }
    counts = now;
    backoff.succeeded();
  }

  private static String detail(boolean wentBack, long sent, long missed) {
    String cause =
        wentBack
            ? "the cluster's versions went back, as after a restored backup; Events that it has now may be here twice"
            : "the API server no longer had the versions that follow";
    String shown = "; its list brought " + sent + " that were not delivered yet";
    return cause
        + shown
        + (missed > 0 ? ", and by their counts " + missed + " in between that nobody saw" : "");
  }

  private EventsApi connect() throws IOException {
    EventsApi connected = api;
    if (connected == null) {
      connected = EventsApi.connect(kubeconfig, pace.answer());
      api = connected;
    }
    return connected;
  }

  private void disconnect() {
    if (api != null) {
      api.close();
      api = null;
    }
  }

  private void failed(Exception e) throws InterruptedException {
    if (problem == null) {
      troubledSinceMicros = EpochMicros.now(clock);
      LOG.atWarn()
          .addKeyValue("cluster", cluster)
          .addKeyValue("why", e.getMessage())
          .log("Events cannot be read");
    }
    problem = String.valueOf(e.getMessage());
    answerDrain(problem);
    if (e instanceof ApiException refused && (refused.code() == 401 || refused.code() == 403)) {
      // The file may have been renewed since.
      disconnect();
    }
    pause.sleep(backoff.failed());
  }

  private void answerDrain(@Nullable String hindrance) {
    CompletableFuture<Optional<String>> answer = drained;
    if (answer != null) {
      drained = null;
      answer.complete(Optional.ofNullable(hindrance));
    }
  }

  private void wake() {
    WatchStream open = watch;
    if (open != null) {
      open.wake();
    }
  }
}
