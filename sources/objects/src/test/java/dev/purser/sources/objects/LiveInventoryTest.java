package dev.purser.sources.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.disk.LocalDisk;
import dev.purser.core.objects.Owner;
import dev.purser.core.objects.Pod;
import dev.purser.core.record.EpochMicros;
import dev.purser.sources.objects.KnownObject.Controller;
import dev.purser.sources.objects.LiveInventory.Patience;
import dev.purser.sources.objects.LiveInventory.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LiveInventoryTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final Duration FOREVER = Duration.ofDays(1);
  private static final String C = "c1";

  @TempDir Path directory;

  private final AtomicReference<Instant> now = new AtomicReference<>(NOW);
  private LiveInventory inventory;

  @BeforeEach
  void open() throws IOException {
    inventory = open(Patience.NORMAL, C);
  }

  @AfterEach
  void close() throws IOException {
    inventory.close();
  }

  @Test
  void anOwnerIsFoundUpwards() {
    inventory.put(object(Kind.REPLICA_SET, "rs", "shop-1", controller("Deployment", "shop", "d")));
    inventory.put(object(Kind.JOB, "j", "nightly-1", controller("CronJob", "nightly", "cj")));
    inventory.put(object(Kind.JOB, "j2", "once", null));
    inventory.put(pod("p1", controller("ReplicaSet", "shop-1", "rs")));
    inventory.put(pod("p2", controller("Job", "nightly-1", "j")));
    inventory.put(pod("p3", controller("Job", "once", "j2")));
    inventory.put(pod("p4", controller("DaemonSet", "agent", "ds")));
    inventory.put(pod("p5", controller("Node", "node-1", "n")));
    inventory.put(pod("p6", null));
    assertThat(owner("p1")).isEqualTo(new Owner("Deployment", "shop"));
    assertThat(owner("p2")).isEqualTo(new Owner("CronJob", "nightly"));
    assertThat(owner("p3")).isEqualTo(new Owner("Job", "once"));
    assertThat(owner("p4")).isEqualTo(new Owner("DaemonSet", "agent"));
    assertThat(owner("p5")).isEqualTo(new Owner("Node", "node-1"));
    assertThat(owner("p6")).isNull();
    assertThat(inventory.pod(C, "p7")).isEmpty();
    assertThat(inventory.pod("c2", "p1")).as("another cluster's").isEmpty();
  }

  @Test
  void aReplicaSetThatIsNotKnownIsToldByTheLabels() {
    inventory.put(
        new KnownObject(
            new ObjectId(C, Kind.POD, "p1"),
            "shop-5d9c-abc12",
            Map.of("pod-template-hash", "5d9c"),
            controller("ReplicaSet", "shop-5d9c", "rs")));
    assertThat(owner("p1")).isEqualTo(new Owner("Deployment", "shop"));
    inventory.put(pod("p2", controller("ReplicaSet", "bare", "rs2")));
    assertThat(owner("p2")).isEqualTo(new Owner("ReplicaSet", "bare"));
  }

  @Test
  void nodesAreFoundByTheirHostsToo() {
    Map<String, String> labels = Map.of("kubernetes.io/hostname", "host-1", "zone", "a");
    inventory.put(new KnownObject(new ObjectId(C, Kind.NODE, "i-0123"), "i-0123", labels, null));
    assertThat(inventory.nodeLabels(C, "i-0123")).contains(labels);
    assertThat(inventory.nodeLabels(C, "host-1")).contains(labels);
    assertThat(inventory.nodeLabels(C, "host-2")).isEmpty();
  }

  @Test
  void whatIsGoneIsKnownForAWeekOverRestarts() throws Exception {
    fill();
    inventory.remove(new ObjectId(C, Kind.POD, "p1"));
    inventory.remove(new ObjectId(C, Kind.REPLICA_SET, "rs"));
    inventory.remove(new ObjectId(C, Kind.NAMESPACE, "prod"));
    assertKnown();
    reopen();
    assertKnown();
    assertThat(inventory.size()).as("in memory").isEqualTo(1);
    now.set(NOW.plus(Duration.ofDays(7)).minusSeconds(1));
    inventory.put(pod("p8", null));
    reopen();
    assertKnown();
    now.set(NOW.plus(Duration.ofDays(7)).plusSeconds(1));
    inventory.put(pod("p9", null));
    reopen();
    assertThat(inventory.pod(C, "p1")).isEmpty();
    assertThat(inventory.pod(C, "p2")).as("it is still there").isPresent();
  }

  @Test
  void whatAListLacksIsGone() throws Exception {
    fill();
    reopen();
    inventory.replace(C, Kind.POD, List.of(pod("p2", null)));
    assertThat(inventory.size()).isEqualTo(3);
    assertKnown();
    reopen();
    assertThat(inventory.size()).isEqualTo(3);
    assertKnown();
  }

  @Test
  void objectsOfAClusterThatIsNotWatchedAnyMoreAreGone() throws Exception {
    fill();
    inventory.close();
    inventory = open(Patience.NORMAL, "c2");
    assertThat(inventory.size()).isZero();
    assertKnown();
  }

  @Test
  void saysWhichFileCannotBeUsed() throws Exception {
    Files.write(directory.resolve("other.db"), new byte[5000]);
    assertThatThrownBy(() ->
            LiveInventory.open(directory.resolve("other.db"), Set.of(C), new LocalDisk(), now::get))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("other.db");
  }

  @Test
  void recordsOfAPodThatIsUnknownWaitForItsNewsAndThoseOfItsOwner() throws Exception {
    reopen(new Patience(FOREVER, FOREVER));
    inventory.state(C, Kind.POD, State.WATCHED);
    FutureTask<@Nullable Void> waiting = await("p1", NOW);
    inventory.put(pod("p1", controller("ReplicaSet", "shop-1", "rs")));
    assertThat(waiting.isDone()).isFalse();
    inventory.put(object(Kind.REPLICA_SET, "rs", "shop-1", null));
    waiting.get();
    inventory.await(C, "p1", micros(NOW));
  }

  @Test
  void recordsWaitForTheFirstListAndNotForOneThatFails() throws Exception {
    reopen(new Patience(Duration.ZERO, FOREVER));
    FutureTask<@Nullable Void> waiting = await("p1", NOW.minus(FOREVER));
    inventory.put(pod("p1", null));
    waiting.get();
    FutureTask<@Nullable Void> vain = await("p2", NOW);
    inventory.state(C, Kind.POD, State.TROUBLED);
    vain.get();
    inventory.await(C, "p3", micros(NOW));
  }

  @Test
  void anUnknownPodIsWaitedForOnceAndOnlyWithinASecondOfItsRecords() throws Exception {
    reopen(new Patience(Duration.ofMillis(30), FOREVER));
    inventory.state(C, Kind.POD, State.WATCHED);
    // The clock stands still: what bounds the wait is no clock.
    inventory.await(C, "p1", micros(NOW));
    // One that the hub took long ago, and one of a cluster that nobody watches.
    reopen(new Patience(Duration.ofHours(1), FOREVER));
    inventory.state(C, Kind.POD, State.WATCHED);
    inventory.await(C, "p1", micros(NOW.minus(Duration.ofHours(1))));
    inventory.await("c2", "p2", micros(NOW));
    // Never again for that pod, however new its records are.
    inventory.await(C, "p1", micros(NOW));
  }

  @Test
  void closingEndsAWait() throws Exception {
    reopen(new Patience(FOREVER, FOREVER));
    FutureTask<@Nullable Void> waiting = await("p1", NOW);
    inventory.close();
    waiting.get();
  }

  private void fill() {
    inventory.put(object(Kind.REPLICA_SET, "rs", "shop-1", controller("Deployment", "shop", "d")));
    inventory.put(
        new KnownObject(
            new ObjectId(C, Kind.POD, "p1"),
            "shop-1-x",
            Map.of("app", "shop", "ü", ""),
            controller("ReplicaSet", "shop-1", "rs")));
    inventory.put(pod("p2", null));
    inventory.put(
        new KnownObject(
            new ObjectId(C, Kind.NAMESPACE, "prod"), "prod", Map.of("team", "a"), null));
  }

  private void assertKnown() {
    assertThat(inventory.pod(C, "p1"))
        .contains(
            new Pod(
                Map.of("app", "shop", "ü", ""),
                java.util.Optional.of(new Owner("Deployment", "shop"))));
    assertThat(inventory.pod(C, "p2")).isPresent();
    assertThat(inventory.namespaceLabels(C, "prod")).contains(Map.of("team", "a"));
  }

  private @Nullable Owner owner(String uid) {
    return inventory.pod(C, uid).orElseThrow().owner().orElse(null);
  }

  /// Begins to wait on a thread of its own.
  private FutureTask<@Nullable Void> await(String uid, Instant ingest) throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    FutureTask<@Nullable Void> task =
        new FutureTask<>(() -> {
          begun.countDown();
          inventory.await(C, uid, micros(ingest));
          return null;
        });
    Thread.ofVirtual().start(task);
    begun.await();
    return task;
  }

  private void reopen() throws IOException {
    reopen(Patience.NORMAL);
  }

  private void reopen(Patience patience) throws IOException {
    inventory.close();
    inventory = open(patience, C);
  }

  private LiveInventory open(Patience patience, String cluster) throws IOException {
    return LiveInventory.open(
        directory.resolve("objects.db"), Set.of(cluster), new LocalDisk(), now::get, patience);
  }

  private static long micros(Instant time) {
    return EpochMicros.of(time);
  }

  private static KnownObject pod(String uid, @Nullable Controller controller) {
    return object(Kind.POD, uid, "pod-" + uid, controller);
  }

  private static KnownObject object(
      Kind kind, String key, String name, @Nullable Controller controller) {
    return new KnownObject(new ObjectId(C, kind, key), name, Map.of(), controller);
  }

  private static Controller controller(String kind, String name, String uid) {
    return new Controller(kind, name, uid);
  }
}
