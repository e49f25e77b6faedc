package dev.purser.sources.objects;

import dev.purser.core.source.Outbox;
import dev.purser.core.source.Source;
import dev.purser.core.source.StreamProgress;
import dev.purser.core.thread.Threads;
import dev.purser.kubernetes.Backoff;
import dev.purser.kubernetes.Cluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/// Keeps the hub's inventory of several clusters' objects. It sends no records: what it learns goes
/// into the rows of others; but a gap for each container that no agent ever saw. Thread-safe.
public final class ObjectsSource implements Source {
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(500);
  private static final Duration MOST_BACKOFF = Duration.ofSeconds(30);
  private static final Duration STOP = Duration.ofSeconds(10);

  private record ClusterWatches(String cluster, ClusterApi api, List<ObjectWatch> watches) {}

  private final List<Cluster> clusters;
  private final LiveInventory inventory;
  private final UnseenContainers unseen;
  private final RandomGenerator random;
  private final Backoff.Pause pause;
  private final List<ClusterWatches> running = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();

  /// @param inventory of these clusters; not closed with it
  /// @param unseen hears what the hub takes
  /// @param random seeds the times between attempts; used by [#start] only
  public ObjectsSource(
      List<Cluster> clusters,
      LiveInventory inventory,
      UnseenContainers unseen,
      RandomGenerator random) {
    this(clusters, inventory, unseen, random, Thread::sleep);
  }

  ObjectsSource(
      List<Cluster> clusters,
      LiveInventory inventory,
      UnseenContainers unseen,
      RandomGenerator random,
      Backoff.Pause pause) {
    this.clusters = List.copyOf(clusters);
    this.inventory = inventory;
    this.unseen = unseen;
    this.random = random;
    this.pause = pause;
  }

  @Override
  public String name() {
    return "objects";
  }

  @Override
  public void start(Outbox outbox) {
    for (Cluster cluster : clusters) {
      ClusterApi api = new ClusterApi(cluster.kubeconfig(), ANSWER);
      List<ObjectWatch> watches = new ArrayList<>();
      for (Kind kind : Kind.values()) {
        RandomGenerator own = new SplittableRandom(random.nextLong());
        watches.add(
            new ObjectWatch(
                new ObjectReader(cluster.name(), kind, inventory.labels()),
                api,
                inventory,
                unseen,
                new Backoff(FIRST_BACKOFF, MOST_BACKOFF, own),
                pause,
                own));
      }
      running.add(new ClusterWatches(cluster.name(), api, watches));
      for (ObjectWatch watch : watches) {
        threads.add(
            Thread.ofVirtual()
                .name("objects-" + cluster.name() + "-" + watch.kind().resource())
                .start(watch));
      }
    }
    threads.add(Thread.ofVirtual().name("objects-unseen").start(new UnseenGaps(unseen, outbox)));
  }

  /// It has nothing to send.
  @Override
  public List<String> drain() {
    return List.of();
  }

  @Override
  public List<StreamProgress> progress() {
    return List.of();
  }

  /// One line for a cluster: what is wrong with one kind is mostly wrong with all.
  @Override
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    for (ClusterWatches cluster : running) {
      List<ObjectWatch> troubled =
          cluster.watches.stream().filter(watch -> watch.problem().isPresent()).toList();
      if (!troubled.isEmpty()) {
        problems.add(
            "%s of cluster %s cannot be read, rows of logs lack what they tell of owners and labels: %s"
                .formatted(
                    troubled.stream()
                        .map(watch -> watch.kind().resource())
                        .collect(Collectors.joining(", ")),
                    cluster.cluster,
                    troubled.getFirst().problem().orElse("")));
      }
    }
    inventory.problem().ifPresent(problems::add);
    return problems;
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    threads.forEach(thread -> Threads.awaitEnd(thread, STOP));
    running.forEach(cluster -> cluster.api.close());
  }
}
