package dev.purser.sources.objects;

import dev.purser.core.disk.Disk;
import dev.purser.core.objects.Inventory;
import dev.purser.core.objects.Owner;
import dev.purser.core.objects.Pod;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.thread.Threads;
import dev.purser.sources.objects.KnownObject.Controller;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the watches saw: objects that exist in memory, those that are gone on disk for a week, so
/// that records which are decoded late, or after a restart, still find them.
///
/// Changes are known at once and on disk some hundred milliseconds later, many in one write. What a
/// crash takes with it, the next list brings back, but for a pod that came and went within that
/// time.
///
/// **Records ahead of the news.** A container writes its first line some hundred milliseconds after
/// the watch told of its pod; but the two come on different ways, and nothing says which is first.
/// So [#await] holds up records of a pod that is not known: until it is, but at most until a second
/// after the hub took them, and only once for each pod. Records that waited longer already, in a
/// queue or over a restart, are never held up; so decoding is at most that second late, however
/// many unknown pods there are, and loses no throughput. It waits only while the cluster's pods are
/// being watched without trouble; at the start, while they are listed for the first time, ten
/// seconds from the start on.
///
/// Thread-safe: the watches write, the hub's decoders read.
public final class LiveInventory implements Inventory, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LiveInventory.class);
  private static final Duration KEPT = Duration.ofDays(7);
  private static final Duration WRITE_EVERY = Duration.ofMillis(200);
  private static final Duration RETRY = Duration.ofSeconds(5);
  private static final int MAX_AWAITED = 10_000;
  private static final String HOST_NAME = "kubernetes.io/hostname";

  /// How the watch of a kind in a cluster fares.
  enum State {
    /// Nothing is known yet.
    STARTING,
    WATCHED,
    /// It cannot be read, at the moment or at all.
    TROUBLED
  }

  /// How long records are held up for the news of their pod.
  ///
  /// @param news from the moment at which the hub took them
  /// @param firstList from the start on, while pods are listed for the first time
  record Patience(Duration news, Duration firstList) {
    static final Patience NORMAL = new Patience(Duration.ofSeconds(1), Duration.ofSeconds(10));
  }

  private record Watched(String cluster, Kind kind) {}

  private final SharedLabels labels;
  private final ObjectStore store;
  private final InstantSource clock;
  private final Patience patience;
  private final long startNanos = System.nanoTime();
  private final Map<ObjectId, KnownObject> present = new ConcurrentHashMap<>();

  /// Nodes by the names of their hosts, where these are others.
  private final Map<ObjectId, KnownObject> hosts = new ConcurrentHashMap<>();

  private final Map<Watched, State> states = new ConcurrentHashMap<>();
  private final Set<ObjectId> awaited =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<ObjectId, Boolean> eldest) {
              return size() > MAX_AWAITED;
            }
          });

  /// Guards all below it, and `awaited`.
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition changed = lock.newCondition();
  private final Condition toWrite = lock.newCondition();
  private Map<ObjectId, ObjectStore.Change> pending = new HashMap<>();
  private Map<ObjectId, ObjectStore.Change> writing = Map.of();
  private boolean closed;
  private volatile @Nullable String problem;
  private final Thread writer;

  private LiveInventory(
      SharedLabels labels, ObjectStore store, InstantSource clock, Patience patience) {
    this.labels = labels;
    this.store = store;
    this.clock = clock;
    this.patience = patience;
    this.writer = Thread.ofPlatform().name("objects-store").daemon().unstarted(this::writeLoop);
  }

  /// Opens what is on disk, or begins anew.
  ///
  /// @param file the database
  /// @param clusters that are watched; what exists in others is taken for gone
  /// @throws IOException when the file cannot be used
  public static LiveInventory open(Path file, Set<String> clusters, Disk disk, InstantSource clock)
      throws IOException {
    return open(file, clusters, disk, clock, Patience.NORMAL);
  }

  static LiveInventory open(
      Path file, Set<String> clusters, Disk disk, InstantSource clock, Patience patience)
      throws IOException {
    SharedLabels labels = new SharedLabels();
    ObjectStore store = ObjectStore.open(file, labels, disk);
    LiveInventory inventory = new LiveInventory(labels, store, clock, patience);
    try {
      store.load(inventory::remember);
    } catch (IOException e) {
      store.close();
      throw e;
    }
    Set<ObjectId> others = new HashSet<>(inventory.present.keySet());
    others.removeIf(id -> clusters.contains(id.cluster()));
    others.forEach(inventory::remove);
    for (String cluster : clusters) {
      for (Kind kind : Kind.values()) {
        inventory.states.put(new Watched(cluster, kind), State.STARTING);
      }
    }
    inventory.writer.start();
    return inventory;
  }

  @Override
  public void await(String cluster, String podUid, long ingestTimeMicros)
      throws InterruptedException {
    ObjectId id = new ObjectId(cluster, Kind.POD, podUid);
    if (state(cluster, Kind.POD) == null || isResolved(id, this::find)) {
      return;
    }
    long begun = System.nanoTime();
    // The clock may be turned: time is measured from here on.
    long newsNanos =
        Math.min(
            TimeUnit.MICROSECONDS.toNanos(ingestTimeMicros - EpochMicros.now(clock))
                + patience.news.toNanos(),
            patience.news.toNanos());
    lock.lockInterruptibly();
    try {
      while (!closed && !awaited.contains(id) && !isResolved(id, this::findInMemory)) {
        long now = System.nanoTime();
        long left =
            switch (state(cluster, Kind.POD)) {
              case STARTING -> startNanos + patience.firstList.toNanos() - now;
              case WATCHED -> begun + newsNanos - now;
              case TROUBLED -> 0;
              case null -> 0;
            };
        if (left <= 0) {
          awaited.add(id);
        } else {
          changed.awaitNanos(left);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<Pod> pod(String cluster, String uid) {
    KnownObject pod = find(new ObjectId(cluster, Kind.POD, uid));
    return pod == null ? Optional.empty() : Optional.of(new Pod(pod.labels(), owner(pod)));
  }

  @Override
  public Optional<Map<String, String>> namespaceLabels(String cluster, String namespace) {
    return Optional.ofNullable(find(new ObjectId(cluster, Kind.NAMESPACE, namespace)))
        .map(KnownObject::labels);
  }

  @Override
  public Optional<Map<String, String>> nodeLabels(String cluster, String node) {
    ObjectId id = new ObjectId(cluster, Kind.NODE, node);
    KnownObject host = present.containsKey(id) ? null : hosts.get(id);
    return Optional.ofNullable(host == null ? find(id) : host).map(KnownObject::labels);
  }

  /// The labels of its objects.
  SharedLabels labels() {
    return labels;
  }

  /// An object as it is now.
  void put(KnownObject object) {
    KnownObject before = remember(object);
    if (!object.equals(before)) {
      change(new ObjectStore.Change(object, null));
    }
  }

  /// An object is gone; what was known of it stays for a week.
  void remove(ObjectId id) {
    KnownObject last = present.get(id);
    if (last != null) {
      // Pending before it is gone from memory: a look-up finds it in one of both.
      change(new ObjectStore.Change(last, EpochMicros.now(clock)));
      present.remove(id);
      if (id.kind() == Kind.NODE) {
        hosts.values().remove(last);
      }
    }
  }

  /// All objects of a kind in a cluster: others are gone.
  void replace(String cluster, Kind kind, Collection<KnownObject> objects) {
    Set<ObjectId> gone = new HashSet<>(present.keySet());
    gone.removeIf(id -> !id.cluster().equals(cluster) || id.kind() != kind);
    for (KnownObject object : objects) {
      gone.remove(object.id());
      put(object);
    }
    gone.forEach(this::remove);
  }

  /// How the watch of a kind fares now.
  void state(String cluster, Kind kind, State state) {
    if (states.put(new Watched(cluster, kind), state) != state) {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /// What is wrong with its file.
  Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  /// How many objects exist.
  int size() {
    return present.size();
  }

  /// Writes what is pending.
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      toWrite.signalAll();
    } finally {
      lock.unlock();
    }
    Threads.awaitEnd(writer);
    store.close();
  }

  private @Nullable State state(String cluster, Kind kind) {
    return states.get(new Watched(cluster, kind));
  }

  /// Whether all is known that will be asked of a pod.
  private boolean isResolved(ObjectId pod, Function<ObjectId, @Nullable KnownObject> look) {
    KnownObject known = look.apply(pod);
    if (known == null) {
      return false;
    }
    ObjectId above = above(known);
    return above == null
        || state(above.cluster(), above.kind()) == State.TROUBLED
        || look.apply(above) != null;
  }

  private Optional<Owner> owner(KnownObject pod) {
    Controller controller = pod.controller();
    if (controller == null) {
      return Optional.empty();
    }
    ObjectId id = above(pod);
    if (id != null) {
      KnownObject between = find(id);
      if (between == null) {
        Optional<Owner> told = Owner.fromLabels(pod.name(), pod.labels());
        if (told.isPresent()) {
          return told;
        }
      } else if (between.controller() != null) {
        controller = between.controller();
      }
    }
    return Optional.of(new Owner(controller.kind(), controller.name()));
  }

  /// What may stand between a pod and its owner: a ReplicaSet or a Job.
  private static @Nullable ObjectId above(KnownObject pod) {
    Controller controller = pod.controller();
    if (controller == null) {
      return null;
    }
    return switch (controller.kind()) {
      case "ReplicaSet" -> new ObjectId(pod.id().cluster(), Kind.REPLICA_SET, controller.uid());
      case "Job" -> new ObjectId(pod.id().cluster(), Kind.JOB, controller.uid());
      default -> null;
    };
  }

  private @Nullable KnownObject find(ObjectId id) {
    KnownObject known = findInMemory(id);
    if (known != null) {
      return known;
    }
    try {
      return store.find(id);
    } catch (IOException e) {
      trouble(e);
      return null;
    }
  }

  private @Nullable KnownObject findInMemory(ObjectId id) {
    KnownObject there = present.get(id);
    if (there != null) {
      return there;
    }
    lock.lock();
    try {
      ObjectStore.Change change = pending.getOrDefault(id, writing.get(id));
      return change == null ? null : change.object();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable KnownObject remember(KnownObject object) {
    ObjectId id = object.id();
    String host = id.kind() == Kind.NODE ? object.labels().get(HOST_NAME) : null;
    if (host != null && !host.equals(id.key())) {
      hosts.put(new ObjectId(id.cluster(), Kind.NODE, host), object);
    }
    return present.put(id, object);
  }

  private void change(ObjectStore.Change change) {
    lock.lock();
    try {
      pending.put(change.object().id(), change);
      changed.signalAll();
      toWrite.signal();
    } finally {
      lock.unlock();
    }
  }

  private void writeLoop() {
    boolean failed = false;
    try {
      while (takePending(failed)) {
        try {
          store.write(writing.values(), EpochMicros.of(clock.instant().minus(KEPT)));
          problem = null;
          failed = false;
        } catch (IOException e) {
          trouble(e);
          failed = true;
        }
        written(!failed);
        pause(failed ? RETRY : WRITE_EVERY);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Waits for changes; false when it is closed, and there are none or the disk takes none.
  private boolean takePending(boolean failed) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (pending.isEmpty() && !closed) {
        toWrite.await();
      }
      if (closed && (pending.isEmpty() || failed)) {
        return false;
      }
      writing = pending;
      pending = new HashMap<>();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void written(boolean done) {
    lock.lock();
    try {
      if (!done) {
        writing.forEach(pending::putIfAbsent);
      }
      writing = Map.of();
    } finally {
      lock.unlock();
    }
  }

  private void pause(Duration time) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = time.toNanos();
      while (left > 0 && !closed) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private void trouble(IOException e) {
    if (problem == null) {
      LOG.atWarn().setCause(e).log("The file of known objects cannot be used");
    }
    problem = String.valueOf(e.getMessage());
  }
}
