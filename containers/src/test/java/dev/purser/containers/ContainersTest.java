package dev.purser.containers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ContainersTest {
  @TempDir private Path directory;

  private final FakeRuntime runtime = new FakeRuntime();
  private final Semaphore changes = new Semaphore(0);
  private volatile Instant now = Instant.parse("2026-11-23T05:00:00Z");
  private Path socket;
  private Containers containers;

  @BeforeEach
  void listen() {
    socket = directory.resolve("fake.sock");
    containers = new Containers(List.of(socket), HostRoot.SAME, _ -> runtime.connect(), () -> now);
    containers.listen(changes::release);
  }

  @AfterEach
  void close() {
    containers.close();
  }

  @Test
  void aRuntimeThatAppearsLaterIsAskedForAllItHas() throws Exception {
    runtime.add(container("a")).add(container("b"));
    assertThat(containers.now()).isEmpty();
    assertThat(containers.isSettled()).isTrue();

    appear();

    await(() -> containers.now().size() == 2);
    assertThat(containers.ofLog(log("a"))).contains(container("a"));
    assertThat(containers.runtimes()).containsExactly("fake 1");
  }

  @Test
  void anEventMakesAContainerKnown() throws Exception {
    appear();
    await(containers::isConnected);

    runtime.add(container("short"));
    runtime.tell("short");

    await(() -> containers.ofLog(log("short")).isPresent());
  }

  @Test
  void anEventOfSomethingElseIsNoContainer() throws Exception {
    appear();
    await(containers::isConnected);

    runtime.tell("sandbox");
    runtime.add(container("after"));
    runtime.tell("after");

    await(() -> !containers.now().isEmpty());
    assertThat(containers.now()).containsExactly(container("after"));
  }

  @Test
  void aContainerThatIsGoneKeepsItsContextForAWhile() throws Exception {
    runtime.add(container("a")).add(container("b"));
    appear();
    await(() -> containers.now().size() == 2);

    runtime.remove("a");
    containers.look();
    await(() -> containers.now().size() == 1);
    assertThat(containers.ofLog(log("a"))).isPresent();

    now = now.plus(Duration.ofMinutes(11));
    runtime.remove("b");
    containers.look();
    await(() -> containers.now().isEmpty() && containers.ofLog(log("a")).isEmpty());
    assertThat(containers.ofLog(log("b"))).isPresent();
  }

  /// As cri-dockerd and Docker do: the one says where the pod's link is, the other where that
  /// leads.
  @Test
  void bothLogsOfAContainerThatTwoRuntimesTellOfAreForgotten() {
    Path docker = Path.of("/var/lib/docker/containers/a/a-json.log");
    containers.put(container("a"));
    containers.put(container("a", 1, docker));
    assertThat(containers.ofLog(log("a"))).isPresent();
    assertThat(containers.ofLog(docker)).isPresent();

    containers.remove("a");
    pass(Duration.ofMinutes(11));

    assertThat(containers.ofLog(log("a"))).isEmpty();
    assertThat(containers.ofLog(docker)).isEmpty();
  }

  /// It was missing from one list, as while its runtime starts.
  @Test
  void aContainerThatIsBackIsNotForgotten() {
    containers.put(container("a"));
    containers.remove("a");
    containers.put(container("a"));

    pass(Duration.ofMinutes(11));

    assertThat(containers.ofLog(log("a"))).contains(container("a"));
  }

  /// The event of an end comes before the runtime knows of it.
  @Test
  void anEndIsKnownThoughItsEventCameTooEarly() throws Exception {
    runtime.add(container("a"));
    appear();
    await(() -> containers.now().size() == 1);

    runtime.tell("a");
    runtime.add(container("a", 0));
    containers.look();

    await(() -> containers.now().stream().allMatch(container -> container.pid() == 0));
  }

  @Test
  void aRuntimeThatRestartsIsFollowedAgain() throws Exception {
    runtime.add(container("a"));
    appear();
    await(() -> containers.now().size() == 1);

    runtime.restart();
    runtime.remove("a");
    runtime.add(container("b"));

    await(() -> containers.ofLog(log("b")).isPresent());
    await(() -> containers.now().size() == 1);
  }

  @Test
  void aRuntimeWhoseEventsEndAtOnceIsListedInstead() throws Exception {
    runtime.endStreams();
    appear();
    await(containers::isConnected);

    for (String id : List.of("a", "b", "c")) {
      runtime.add(container(id));
      await(() -> containers.ofLog(log(id)).isPresent());
    }

    assertThat(runtime.streams()).isLessThan(10);
  }

  @Test
  void aContainerThatTheRuntimeCannotTellOfHidesNoOther() throws Exception {
    runtime.add(container("broken")).refuse("broken");
    runtime.add(container("a"));
    appear();
    await(() -> containers.ofLog(log("a")).isPresent());

    runtime.tell("broken");
    runtime.add(container("b"));
    runtime.tell("b");
    await(() -> containers.ofLog(log("b")).isPresent());
    await(() -> !containers.problems().isEmpty());
    assertThat(containers.problems())
        .containsExactly(socket + ": container broken: ContainerStatus: UNKNOWN");
    assertThat(containers.isConnected()).isTrue();

    runtime.remove("broken");
    containers.look();
    await(() -> containers.problems().isEmpty());
  }

  @Test
  void aContainerWhoseOutputCannotBeReadIsAProblem() throws Exception {
    runtime.add(
        new Container(
            "docker",
            "x",
            "web",
            Optional.empty(),
            "nginx",
            "",
            0,
            Map.of(),
            List.of(),
            Optional.empty(),
            "its log driver is syslog",
            1,
            Container.Root.UNKNOWN,
            List.of()));
    appear();

    await(() -> !containers.now().isEmpty());
    assertThat(containers.problems())
        .containsExactly("container web is not read: its log driver is syslog");
  }

  /// Those that are gone are forgotten when the next one goes.
  private void pass(Duration time) {
    now = now.plus(time);
    containers.put(container("next"));
    containers.remove("next");
  }

  private void appear() throws IOException {
    Files.createFile(socket);
  }

  private void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      boolean _ = changes.tryAcquire(10, java.util.concurrent.TimeUnit.MILLISECONDS);
    }
  }

  private static Path log(String id) {
    return Path.of("/var/log/pods/ns_pod_uid", id, "0.log");
  }

  private static Container container(String id) {
    return container(id, 1);
  }

  private static Container container(String id, long pid) {
    return container(id, pid, log(id));
  }

  private static Container container(String id, long pid, Path log) {
    return new Container(
        "fake",
        id,
        id,
        Optional.of(new Pod("ns", "pod", "uid", Map.of("app", id), Map.of())),
        "image",
        "sha256:1",
        0,
        Map.of(),
        List.of(),
        Optional.of(log),
        "",
        pid,
        Container.Root.UNKNOWN,
        List.of());
  }
}
