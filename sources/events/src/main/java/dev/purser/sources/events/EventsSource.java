package dev.purser.sources.events;

import dev.purser.core.source.Outbox;
import dev.purser.core.source.Source;
import dev.purser.core.source.StreamProgress;
import dev.purser.kubernetes.Backoff;
import dev.purser.kubernetes.Cluster;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/// The Kubernetes Events of several clusters: one stream and one watch for each, in the hub.
/// Thread-safe.
public final class EventsSource implements Source {
  private static final Duration DRAIN = Duration.ofMinutes(2);
  private static final Duration STOP = Duration.ofSeconds(10);

  private final EventsConfig config;
  private final Pace pace;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Backoff.Pause pause;
  private final List<ClusterWatch> watches = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();

  /// @param random seeds the times between attempts; used by [#start] only
  public EventsSource(EventsConfig config, InstantSource clock, RandomGenerator random) {
    this(config, Pace.NORMAL, clock, random, Thread::sleep);
  }

  EventsSource(
      EventsConfig config,
      Pace pace,
      InstantSource clock,
      RandomGenerator random,
      Backoff.Pause pause) {
    this.config = config;
    this.pace = pace;
    this.clock = clock;
    this.random = random;
    this.pause = pause;
  }

  @Override
  public String name() {
    return "events";
  }

  @Override
  public void start(Outbox outbox) {
    for (Cluster cluster : config.clusters()) {
      RandomGenerator own = new SplittableRandom(random.nextLong());
      ClusterWatch watch = new ClusterWatch(cluster, outbox, pace, clock, own, pause);
      watches.add(watch);
      threads.add(Thread.ofVirtual().name("events-" + cluster.name()).start(watch));
    }
  }

  @Override
  public List<String> drain() throws InterruptedException {
    List<CompletableFuture<Optional<String>>> answers = new ArrayList<>();
    watches.forEach(watch -> answers.add(watch.drain()));
    List<String> left = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      String cluster = config.clusters().get(i).name();
      try {
        answers
            .get(i)
            .get(DRAIN.toMillis(), TimeUnit.MILLISECONDS)
            .ifPresent(why -> left.add("events of cluster " + cluster + ": " + why));
      } catch (TimeoutException e) {
        left.add(
            "events of cluster "
                + cluster
                + ": not read to their end within "
                + DRAIN.toSeconds()
                + " s");
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
    return left;
  }

  @Override
  public List<StreamProgress> progress() {
    return watches.stream().flatMap(watch -> watch.progress().stream()).toList();
  }

  @Override
  public List<String> problems() {
    return watches.stream().flatMap(watch -> watch.problem().stream()).toList();
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    try {
      for (Thread thread : threads) {
        thread.join(STOP);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
