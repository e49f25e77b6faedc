package dev.purser.containers;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// The containers of this node: those that its runtimes have, and for a while those that they had,
/// so that what is still read of them keeps its context.
///
/// Thread-safe. Listeners are called by the threads of the runtimes, one at a time for each, and
/// must not wait.
public final class Containers implements AutoCloseable {
  /// Where the runtimes listen unless they are told otherwise.
  public static final List<Path> DEFAULT_SOCKETS =
      List.of(
          Path.of("/run/containerd/containerd.sock"),
          Path.of("/run/k3s/containerd/containerd.sock"),
          Path.of("/run/crio/crio.sock"),
          Path.of("/run/cri-dockerd.sock"),
          Path.of("/run/docker.sock"));

  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final int MAX_GONE = 10_000;

  private final InstantSource clock;
  private final Map<String, Container> present = new ConcurrentHashMap<>();
  private final Map<Path, Container> byLog = new ConcurrentHashMap<>();

  /// Since when, by id; also the lock under which this and the other two change together.
  private final LinkedHashMap<String, Instant> gone = new LinkedHashMap<>();

  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final List<RuntimeWatch> watches = new ArrayList<>();

  /// Begins to look for runtimes behind the sockets.
  ///
  /// @param host whose sockets they are
  public Containers(List<Path> sockets, HostRoot host, InstantSource clock) {
    this(sockets, host, Containers::connect, clock);
  }

  Containers(List<Path> sockets, HostRoot host, RuntimeWatch.Connect connect, InstantSource clock) {
    this.clock = clock;
    for (Path socket : sockets) {
      watches.add(new RuntimeWatch(socket, host, connect, this));
    }
  }

  /// Those that the runtimes have now, ended ones included.
  public Collection<Container> now() {
    return List.copyOf(present.values());
  }

  /// The container that writes or wrote its output to `log`.
  public Optional<Container> ofLog(Path log) {
    return Optional.ofNullable(byLog.get(log));
  }

  /// Whether a container is known that writes or wrote its output to this file.
  public boolean isLog(Path file) {
    return ofLog(file).isPresent();
  }

  /// Whether the container that writes or wrote its output to `log` is known and runs no more.
  public boolean hasEnded(Path log) {
    return ofLog(log).filter(container -> !isRunning(container.id())).isPresent();
  }

  /// Whether each runtime whose socket is there has told of all its containers, or cannot.
  public boolean isSettled() {
    return watches.stream().allMatch(RuntimeWatch::isSettled);
  }

  /// Whether there is a runtime that answers.
  public boolean isConnected() {
    return watches.stream().anyMatch(watch -> watch.name().isPresent());
  }

  /// Whether a runtime is being asked of containers, so that more may be known soon.
  public boolean isBusy() {
    return watches.stream().anyMatch(RuntimeWatch::isBusy);
  }

  /// Makes the runtimes' lists be looked at soon.
  public void look() {
    watches.forEach(RuntimeWatch::look);
  }

  /// @param listener called whenever [#now] has changed
  public void listen(Runnable listener) {
    listeners.add(listener);
  }

  /// One line for each runtime that answers.
  public List<String> runtimes() {
    return watches.stream().flatMap(watch -> watch.name().stream()).toList();
  }

  /// What keeps containers from being known, or their output from being read; one line each.
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    watches.forEach(watch -> watch.problem().ifPresent(problems::add));
    for (Container container : present.values()) {
      if (!container.unreadable().isEmpty()) {
        problems.add("container " + container.name() + " is not read: " + container.unreadable());
      }
    }
    problems.sort(null);
    return problems;
  }

  @Override
  public void close() {
    watches.forEach(RuntimeWatch::close);
  }

  boolean isRunning(String id) {
    Container container = present.get(id);
    return container != null && container.pid() != 0;
  }

  void put(Container container) {
    Container before;
    synchronized (gone) {
      gone.remove(container.id());
      before = present.put(container.id(), container);
      container.log().ifPresent(log -> byLog.put(log, container));
    }
    if (!container.equals(before)) {
      listeners.forEach(Runnable::run);
    }
  }

  void remove(String id) {
    Instant now = clock.instant();
    synchronized (gone) {
      if (present.remove(id) == null) {
        return;
      }
      gone.put(id, now);
      Set<String> forgotten = new HashSet<>();
      gone.entrySet()
          .removeIf(old -> {
            boolean forget = gone.size() > MAX_GONE || old.getValue().plus(KEPT).isBefore(now);
            return forget && forgotten.add(old.getKey());
          });
      // All its logs, of which there are two where two runtimes tell of it. To go through those of
      // all containers costs nothing beside the calls that a container takes.
      if (!forgotten.isEmpty()) {
        byLog.values().removeIf(container -> forgotten.contains(container.id()));
      }
    }
    listeners.forEach(Runnable::run);
  }

  /// Docker's sockets are known by their name, as their kubelets know them.
  private static ContainerRuntime connect(Path socket) throws IOException {
    String name = socket.getFileName().toString();
    return name.startsWith("docker") || name.startsWith("podman")
        ? new DockerRuntime(socket)
        : new CriRuntime(socket);
  }
}
