package dev.purser.sources.objects;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.LocalDisk;
import dev.purser.core.objects.Owner;
import dev.purser.core.objects.Pod;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.record.Gap;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.Lane;
import dev.purser.core.source.Outbox;
import dev.purser.kubernetes.Cluster;
import dev.purser.testkit.FakeApiServer;
import dev.purser.testkit.FakeApiServer.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ObjectsSourceTest {
  private static final String C = "prod";
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final Duration LONG = Duration.ofSeconds(50);
  private static final String PODS = Kind.POD.path();

  @TempDir Path directory;

  private final OneLane outbox = new OneLane();
  private final FakeApiServer server = new FakeApiServer();
  private @Nullable LiveInventory inventory;
  private @Nullable ObjectsSource source;
  private @Nullable UnseenContainers unseen;
  private final AtomicLong nanos = new AtomicLong();

  @BeforeEach
  void aDeploymentRunsFivePods() throws IOException {
    server.serve(Arrays.stream(Kind.values()).map(Kind::path).toArray(String[]::new));
    server.put(
        Kind.REPLICA_SET.path(), "shop-1", metadata("rs", "shop-1", "Deployment", "shop", "d"));
    for (int i = 0; i < 5; i++) {
      run("p" + i);
    }
    server.put(
        Kind.NAMESPACE.path(),
        "default",
        "{\"uid\":\"ns\",\"name\":\"default\",\"labels\":{\"team\":\"a\"}}");
    server.put(
        Kind.NODE.path(),
        "node-1",
        "{\"uid\":\"n\",\"name\":\"node-1\",\"labels\":{\"zone\":\"z\"}}");
  }

  @AfterEach
  void close() throws IOException {
    if (source != null) {
      stop();
    }
    server.close();
  }

  @Test
  void knowsWhatIsThereAndWhatComesAndWhatGoes() throws Exception {
    start();
    for (int i = 0; i < 5; i++) {
      assertThat(awaitPod("p" + i)).isEqualTo(shop());
    }
    awaitWatches();
    run("q");
    assertThat(awaitPod("q")).isEqualTo(shop());
    assertThat(inventory().namespaceLabels(C, "default")).contains(Map.of("team", "a"));
    assertThat(inventory().nodeLabels(C, "node-1")).contains(Map.of("zone", "z"));
    int before = inventory().size();
    server.remove(PODS, "q");
    run("r");
    awaitPod("r");
    assertThat(inventory().size()).as("q went, r came").isEqualTo(before);
    assertThat(inventory().pod(C, "q")).contains(shop());
    assertThat(source().problems()).isEmpty();
    assertThat(server.requests()).noneMatch(request -> request.contains("events"));
  }

  @ParameterizedTest
  @EnumSource(value = Fault.class, mode = EnumSource.Mode.EXCLUDE, names = "SILENT")
  void goesOnAfterAFailure(Fault fault) throws Exception {
    start();
    awaitPod("p0");
    awaitWatches();
    server.next(PODS, fault, fault);
    server.cut();
    run("q");
    assertThat(awaitPod("q")).isEqualTo(shop());
    run("r");
    assertThat(awaitPod("r")).isEqualTo(shop());
  }

  @Test
  void listsAnewWhatItMissedWhereVersionsAreForgotten() throws Exception {
    start();
    awaitPod("p0");
    awaitWatches();
    server.goDown();
    server.remove(PODS, "p1");
    run("q");
    server.compact();
    server.comeUp();
    assertThat(awaitPod("q")).isEqualTo(shop());
    server.awaitWatch(PODS);
    assertThat(inventory().pod(C, "p1")).as("gone, and known").contains(shop());
    assertThat(lists(PODS)).isGreaterThan(1);
  }

  @Test
  void findsAfterARestartWhatWasDeletedMeanwhile() throws Exception {
    start();
    awaitPod("p0");
    awaitPod("p1");
    stop();
    server.remove(PODS, "p1");
    run("q");
    start();
    assertThat(inventory().pod(C, "p1")).as("before anything is listed").contains(shop());
    assertThat(awaitPod("q")).isEqualTo(shop());
    assertThat(inventory().pod(C, "p1")).contains(shop());
  }

  @Test
  void whatItMayNotReadIsAProblemAndTheRestIsKnown() throws Exception {
    server.forbid(PODS, true);
    server.forbid(Kind.JOB.path(), true);
    start();
    awaitTrue(() ->
        source().problems().stream().anyMatch(problem -> problem.startsWith("pods, jobs of")));
    // Pods are not waited for, although nothing but the first list could bring them.
    inventory().await(C, "p0", EpochMicros.of(NOW));
    assertThat(inventory().pod(C, "p0")).isEmpty();
    assertThat(source().problems())
        .singleElement()
        .asString()
        .startsWith("pods, jobs of cluster prod cannot be read, rows of logs lack")
        .contains("/api/v1/pods refused with 403: \"User me cannot list resource\"")
        .endsWith(
            "needs list and watch on pods, namespaces, nodes, replicasets, jobs in all namespaces");
    server.forbid(PODS, false);
    server.forbid(Kind.JOB.path(), false);
    assertThat(awaitPod("p0")).isEqualTo(shop());
    awaitTrue(() -> source().problems().isEmpty());
  }

  @Test
  void aContainerThatNoAgentSawIsAGapThatNamesItsPod() throws Exception {
    start();
    awaitPod("p0");
    awaitWatches();
    server.put(
        PODS,
        "q",
        metadata("q", "shop-1-q", "ReplicaSet", "shop-1", "rs")
            + ",\"spec\":{\"nodeName\":\"node-1\"},\"status\":{\"containerStatuses\":"
            + "[{\"name\":\"main\",\"containerID\":\"cri://abcd\",\"state\":{\"running\":{}}}]}");
    server.remove(PODS, "q");
    run("r");
    awaitPod("r");
    nanos.addAndGet(Duration.ofMinutes(1).toNanos());
    outbox.sendsBack = true;
    Objects.requireNonNull(unseen)
        .heard(
            "{\"allContainersOf\":{\"cluster\":\"%s\",\"node\":\"node-1\"},\"delivery\":{\"trouble\":null}}"
                .formatted(C)
                .getBytes(UTF_8));
    awaitTrue(() -> outbox.closed);

    RecordBatch batch = Objects.requireNonNull(outbox.taken);
    assertThat(batch.ended()).isTrue();
    assertThat(batch.stream().context())
        .containsEntry("cluster", C)
        .containsEntry("pod", "shop-1-q")
        .containsEntry("pod_uid", "q");
    assertThat(((Gap) batch.payload()).reason()).isEqualTo(Gap.Reason.NEVER_SEEN);
    assertThat(((Gap) batch.payload()).detail())
        .isEqualTo(
            "pod shop-1-q of namespace default (q): its container main ran and is gone, and no"
                + " agent saw its log file");
  }

  private void run(String uid) {
    server.put(PODS, uid, metadata(uid, "shop-1-" + uid, "ReplicaSet", "shop-1", "rs"));
  }

  private static String metadata(
      String uid, String name, String ownerKind, String owner, String ownerUid) {
    return """
    {"uid":"%s","name":"%s","namespace":"default","labels":{"app":"shop"},
    "ownerReferences":[{"kind":"%s","name":"%s","uid":"%s","controller":true}]}\
    """
        .formatted(uid, name, ownerKind, owner, ownerUid)
        .replace("\n", "");
  }

  private static Pod shop() {
    return new Pod(Map.of("app", "shop"), Optional.of(new Owner("Deployment", "shop")));
  }

  private Pod awaitPod(String uid) throws InterruptedException {
    awaitTrue(() -> inventory().pod(C, uid).filter(pod -> pod.equals(shop())).isPresent());
    return inventory().pod(C, uid).orElseThrow();
  }

  /// The timeout of the test bounds it.
  private static void awaitTrue(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      pause();
    }
  }

  private static void pause() throws InterruptedException {
    boolean _ = new CountDownLatch(1).await(2, TimeUnit.MILLISECONDS);
  }

  private void awaitWatches() throws InterruptedException {
    for (Kind kind : Kind.values()) {
      awaitWatch(kind);
    }
  }

  private void awaitWatch(Kind kind) {
    server.awaitWatch(kind.path());
  }

  private long lists(String path) {
    return server.requests().stream().filter(r -> r.startsWith(path + "?limit=500")).count();
  }

  private void start() throws IOException {
    Cluster cluster = new Cluster(C, server.kubeconfig(directory));
    inventory =
        LiveInventory.open(
            directory.resolve("objects.db"),
            Set.of(C),
            new LocalDisk(),
            InstantSource.fixed(NOW),
            new LiveInventory.Patience(LONG, LONG));
    unseen = new UnseenContainers(inventory, InstantSource.fixed(NOW), nanos::get);
    source = new ObjectsSource(List.of(cluster), inventory, unseen, new Random(1), time -> pause());
    source().start(outbox);
  }

  private ObjectsSource source() {
    return Objects.requireNonNull(source);
  }

  private LiveInventory inventory() {
    return Objects.requireNonNull(inventory);
  }

  private void stop() throws IOException {
    source().close();
    inventory().close();
  }

  /// Takes one batch, at the second try if it is told so.
  private static final class OneLane implements Outbox, Lane {
    volatile boolean sendsBack;
    volatile boolean closed;
    volatile @Nullable RecordBatch taken;

    @Override
    public boolean send(RecordBatch batch) {
      if (sendsBack) {
        sendsBack = false;
        return false;
      }
      taken = batch;
      return true;
    }

    @Override
    public StreamState state() {
      return durable();
    }

    @Override
    public StreamState durable() {
      RecordBatch batch = taken;
      return batch == null ? StreamState.NEW : batch.after();
    }

    @Override
    public void close() {
      closed = true;
    }

    @Override
    public String agentId() {
      return "hub";
    }

    @Override
    public Map<String, StreamState> known() {
      throw new AssertionError("it has nothing to send");
    }

    @Override
    public Lane open(Stream stream, StreamState start, Runnable wake) {
      return this;
    }

    @Override
    public void flush() {
      throw new AssertionError("it has nothing to send");
    }
  }
}
