package dev.purser.sources.objects;

import dev.purser.core.ingest.Arrivals;
import dev.purser.core.json.JsonTree;
import dev.purser.core.objects.Inventory;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.record.Stream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Finds the containers that ran, are gone, and of which no agent ever sent anything: their log
/// files were written and deleted while nobody looked, as between two runs of an agent.
///
/// It joins what the API server says, that a container of a pod was started, with what the hub
/// took. When the pod is gone, the agent of its node has the word: an agent that reads all
/// containers of the node reports again, some time later, and neither it nor any before it sent a
/// stream of that container, nor has it one in hand. For an agent that leaves containers out
/// nothing is said.
///
/// Nothing of this outlives the hub's process: of containers that were started before the first
/// list of a cluster nothing is said either, as the hub may have taken their streams in a former
/// run.
///
/// Thread-safe.
public final class UnseenContainers implements Arrivals {
  /// For what an agent has found to be in one of its reports.
  private static final Duration GRACE = Duration.ofSeconds(30);

  /// After which an agent that reported before is not waited for any more.
  private static final Duration OVERDUE = Duration.ofHours(1);

  private static final int MAX_ARRIVED = 20_000;
  private static final int MAX_AWAITED = 20_000;
  private static final int MAX_TAKEN = 100;
  private static final String HOST_NAME = "kubernetes.io/hostname";

  // As agents name them in the context of the streams of containers.
  private static final String POD_UID = "pod_uid";
  private static final String CONTAINER = "container";
  private static final String CONTAINER_ID = "container_id";

  private final Inventory inventory;
  private final InstantSource clock;
  private final LongSupplier nanoClock;
  private final BlockingQueue<Unseen> found = new LinkedBlockingQueue<>();

  /// Guards all below it.
  private final ReentrantLock lock = new ReentrantLock();

  private final Set<String> listed = new HashSet<>();
  private final Map<ObjectId, Followed> pods = new HashMap<>();
  private final Map<Unseen, Long> awaited = bounded(MAX_AWAITED);
  private final Map<Object, Boolean> arrived = bounded(MAX_ARRIVED);
  private final Set<Node> reporting = new HashSet<>();

  /// A container that was never seen.
  ///
  /// @param goneMicros when its pod was seen to be gone, microseconds since 1970 UTC
  record Unseen(PodRun pod, String container, long goneMicros) {}

  private record Node(String cluster, String name) {}

  private record Container(ObjectId pod, String name) {}

  /// A pod that exists.
  ///
  /// @param seen names of its containers of which something came, or may have come to the hub
  ///   before it was this process
  private record Followed(PodRun last, Set<String> seen) {}

  /// @param inventory knows the hosts of nodes
  public UnseenContainers(Inventory inventory, InstantSource clock) {
    this(inventory, clock, System::nanoTime);
  }

  UnseenContainers(Inventory inventory, InstantSource clock, LongSupplier nanoClock) {
    this.inventory = inventory;
    this.clock = clock;
    this.nanoClock = nanoClock;
  }

  @Override
  public void took(Stream stream) {
    Map<String, String> context = stream.context();
    String cluster = context.getOrDefault(Stream.CLUSTER, "");
    String uid = context.get(POD_UID);
    String name = context.get(CONTAINER);
    String id = context.get(CONTAINER_ID);
    if (id == null && (uid == null || name == null)) {
      return;
    }
    lock.lock();
    try {
      if (id != null) {
        arrived.put(id, true);
      }
      if (uid != null && name != null) {
        Container container = new Container(new ObjectId(cluster, Kind.POD, uid), name);
        arrived.put(container, true);
        Followed pod = pods.get(container.pod());
        if (pod != null) {
          pod.seen.add(name);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void heard(byte[] statusJson) {
    lock.lock();
    try {
      JsonTree status = JsonTree.read(new ByteArrayInputStream(statusJson));
      JsonTree all = status.path("allContainersOf");
      Node node = new Node(all.path(Stream.CLUSTER).text(), all.path(Stream.NODE).text());
      boolean isAble =
          !all.fields().isEmpty() && status.path("delivery").path("trouble").text().isEmpty();
      if (isAble) {
        reporting.add(node);
      }
      if (!awaited.isEmpty()) {
        judge(isAble ? node : null, new String(statusJson, StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      // Whoever sent it is no agent of ours; `purser status` says so.
    } finally {
      lock.unlock();
    }
  }

  /// All pods of a cluster; others are gone.
  void listed(String cluster, Collection<PodRun> all) {
    lock.lock();
    try {
      boolean first = listed.add(cluster);
      Set<ObjectId> gone = new HashSet<>(pods.keySet());
      gone.removeIf(id -> !id.cluster().equals(cluster));
      for (PodRun pod : all) {
        gone.remove(pod.id());
        saw(pod);
        if (first) {
          Followed followed = pods.get(pod.id());
          if (followed != null) {
            followed.seen.addAll(pod.started().keySet());
          }
        }
      }
      gone.forEach(this::gone);
    } finally {
      lock.unlock();
    }
  }

  /// A pod as it is now.
  void saw(PodRun pod) {
    lock.lock();
    try {
      Followed before = pods.get(pod.id());
      Set<String> seen = before == null ? new HashSet<>() : before.seen;
      pod.started()
          .forEach((name, id) -> {
            if (arrived.containsKey(new Container(pod.id(), name))
                || arrived.containsKey(bare(id))) {
              seen.add(name);
            }
          });
      pods.put(pod.id(), new Followed(pod, seen));
    } finally {
      lock.unlock();
    }
  }

  /// A pod is gone.
  void gone(ObjectId id) {
    lock.lock();
    try {
      Followed pod = pods.remove(id);
      if (pod == null || !pod.last.isExpected() || pod.last.node().isEmpty()) {
        return;
      }
      for (String container : pod.last.started().keySet()) {
        if (!pod.seen.contains(container)) {
          awaited.put(
              new Unseen(pod.last, container, EpochMicros.now(clock)), nanoClock.getAsLong());
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /// Waits for containers that were never seen, and takes some of them.
  List<Unseen> take() throws InterruptedException {
    List<Unseen> some = new ArrayList<>();
    some.add(found.take());
    found.drainTo(some, MAX_TAKEN);
    return some;
  }

  /// Those that were found and not taken yet.
  List<Unseen> found() {
    return List.copyOf(found);
  }

  /// @param node whose agent has reported; null if it cannot judge
  private void judge(@Nullable Node node, String report) {
    long now = nanoClock.getAsLong();
    Iterator<Map.Entry<Unseen, Long>> each = awaited.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<Unseen, Long> entry = each.next();
      Unseen unseen = entry.getKey();
      long waited = now - entry.getValue();
      if (hasArrived(unseen)) {
        each.remove();
      } else if (waited >= OVERDUE.toNanos()) {
        each.remove();
        if (reporting.stream().anyMatch(other -> runsOn(unseen.pod(), other))) {
          found.add(unseen);
        }
      } else if (node != null
          && waited >= GRACE.toNanos()
          && runsOn(unseen.pod(), node)
          && !isInHand(unseen, report)) {
        each.remove();
        found.add(unseen);
      }
    }
  }

  /// Whether the agent has something of it, be it a file of which it knows no more than the path.
  private static boolean isInHand(Unseen unseen, String report) {
    String id = bare(unseen.pod().started().getOrDefault(unseen.container(), ""));
    return report.contains(unseen.pod().id().key()) || (!id.isEmpty() && report.contains(id));
  }

  private boolean hasArrived(Unseen unseen) {
    String id = unseen.pod().started().getOrDefault(unseen.container(), "");
    return arrived.containsKey(new Container(unseen.pod().id(), unseen.container()))
        || arrived.containsKey(bare(id));
  }

  /// An agent may call its node by the name of its host.
  private boolean runsOn(PodRun pod, Node node) {
    String cluster = pod.id().cluster();
    return node.cluster.equals(cluster)
        && (node.name.equals(pod.node())
            || inventory
                .nodeLabels(cluster, pod.node())
                .map(labels -> node.name.equals(labels.get(HOST_NAME)))
                .orElse(false));
  }

  /// Without the name of the runtime before it.
  private static String bare(String containerId) {
    return containerId.substring(containerId.indexOf("//") < 0 ? 0 : containerId.indexOf("//") + 2);
  }

  private static <K, V> Map<K, V> bounded(int most) {
    return new LinkedHashMap<>() {
      private static final long serialVersionUID = 1;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
      }
    };
  }
}
