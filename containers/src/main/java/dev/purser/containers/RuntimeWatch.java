package dev.purser.containers;

import dev.purser.core.disk.HostRoot;
import dev.purser.core.thread.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Keeps one runtime's containers in [Containers], through restarts of the runtime and from the
/// moment on at which its socket appears.
///
/// Two threads: one waits for events, one asks for what they tell of. Events may be lost at the
/// beginning, or be missing altogether, so the list is looked at now and then as well.
final class RuntimeWatch implements AutoCloseable {
  private static final Duration SOCKET_PAUSE = Duration.ofSeconds(2);
  private static final Duration LIST_PAUSE = Duration.ofSeconds(10);
  private static final Duration LIST_PAUSE_AFTER_EVENT = Duration.ofSeconds(1);
  private static final Duration LIST_PAUSE_WITHOUT_EVENTS = Duration.ofSeconds(1);

  /// A CRI-O that is to tell of no events, which is its default, ends each stream at once.
  private static final Duration PAUSE_BEHIND_EVENTS = Duration.ofSeconds(10);

  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(5);

  /// In the place of an id: look at the list.
  private static final String ALL = "";

  private final Path socket;
  private final HostRoot host;
  private final Connect connect;
  private final Containers containers;
  private final BlockingQueue<String> changed = new LinkedBlockingQueue<>();
  private final Thread thread;

  /// Ids of those that it had when it was last asked. Owned by the thread, kept while there is no
  /// connection.
  private final Set<String> known = new HashSet<>();

  private volatile boolean closed;
  private volatile boolean hasEvents;
  private volatile boolean listed;

  /// How many of those in [#changed], or taken from it, are not asked for yet.
  private final AtomicInteger pending = new AtomicInteger();

  private volatile @Nullable ContainerRuntime connected;
  private volatile @Nullable String problem;

  /// How to reach the runtime behind a socket.
  interface Connect {
    ContainerRuntime to(Path socket) throws IOException;
  }

  RuntimeWatch(Path socket, HostRoot host, Connect connect, Containers containers) {
    this.socket = socket;
    this.host = host;
    this.connect = connect;
    this.containers = containers;
    this.thread = Thread.ofVirtual().name("purser-runtime-" + socket).start(this::run);
  }

  /// Why its containers are not known; empty when they are, and when there is no such socket.
  Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  /// Name and version; empty while there is no connection.
  Optional<String> name() {
    ContainerRuntime runtime = connected;
    return runtime == null ? Optional.empty() : Optional.of(runtime.name());
  }

  /// Whether all of its containers are known, or it is known why not.
  boolean isSettled() {
    return listed || problem != null || !host.exists(socket);
  }

  /// Whether it is being asked of containers, so that more may be known soon.
  boolean isBusy() {
    return connected != null && pending.get() > 0;
  }

  /// Makes it look at the list soon.
  void look() {
    ask(ALL);
  }

  private void ask(String id) {
    if (!changed.contains(id)) {
      pending.incrementAndGet();
      changed.add(id);
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    ContainerRuntime runtime = connected;
    if (runtime != null) {
      runtime.close();
    }
    Threads.awaitEnd(thread, CLOSE_DEADLINE);
  }

  private void run() {
    try {
      while (!closed) {
        if (host.exists(socket)) {
          serve();
        } else {
          problem = null;
        }
        Thread.sleep(SOCKET_PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve() throws InterruptedException {
    try (ContainerRuntime runtime = connect.to(host.at(socket))) {
      connected = runtime;
      while (changed.poll() != null) {
        pending.decrementAndGet();
      }
      hasEvents = true;
      listed = false;
      Thread events =
          Thread.ofVirtual().name("purser-events-" + socket).start(() -> follow(runtime));
      try {
        keep(runtime);
      } finally {
        events.interrupt();
      }
    } catch (IOException e) {
      problem =
          socket + ": " + e.getMessage() + "; is it a CRI or Docker socket, and may it be used?";
    } catch (RuntimeException e) {
      problem = socket + ": " + e.getMessage();
    } finally {
      connected = null;
    }
  }

  private void keep(ContainerRuntime runtime) throws IOException, InterruptedException {
    Map<String, String> untold = Map.of();
    boolean isAsked = false;
    while (!closed) {
      try {
        Map<String, String> before = untold;
        untold = learnAll(runtime);
        listed = true;
        problem = untoldTwice(before, untold);
      } finally {
        if (isAsked) {
          pending.decrementAndGet();
        }
      }
      isAsked = takeIn(runtime);
    }
  }

  /// @return what failed, by the ids of the containers
  private Map<String, String> learnAll(ContainerRuntime runtime) throws IOException {
    Map<String, Boolean> now = runtime.list();
    Map<String, String> untold = new HashMap<>();
    for (Map.Entry<String, Boolean> each : now.entrySet()) {
      String id = each.getKey();
      if (!known.contains(id) || containers.isRunning(id) != each.getValue()) {
        learn(runtime, id).ifPresent(reason -> untold.put(id, reason));
      }
    }
    Set<String> gone = new HashSet<>(known);
    gone.removeAll(now.keySet());
    gone.forEach(containers::remove);
    known.removeAll(gone);
    return untold;
  }

  /// Asks for one container. Of one that goes meanwhile, CRI-O does not say that it is unknown, but
  /// that something failed: that is about this one alone, if the runtime answers otherwise.
  ///
  /// @return what failed
  private Optional<String> learn(ContainerRuntime runtime, String id) throws IOException {
    try {
      runtime
          .inspect(id)
          .ifPresent(found -> {
            known.add(found.id());
            containers.put(found);
          });
      return Optional.empty();
    } catch (IOException e) {
      Map<String, Boolean> _ = runtime.list();
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /// Those that are neither told of nor gone since the look before.
  private @Nullable String untoldTwice(Map<String, String> before, Map<String, String> now) {
    return now.entrySet().stream()
        .filter(each -> before.containsKey(each.getKey()))
        .map(each -> socket + ": container " + each.getKey() + ": " + each.getValue())
        .findFirst()
        .orElse(null);
  }

  /// Takes in what events tell of, until the list is to be looked at again.
  ///
  /// @return whether somebody asked for that
  private boolean takeIn(ContainerRuntime runtime) throws IOException, InterruptedException {
    long end = System.nanoTime() + (hasEvents ? LIST_PAUSE : LIST_PAUSE_WITHOUT_EVENTS).toNanos();
    while (!closed) {
      String id = changed.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      if (id == null || id.equals(ALL)) {
        return id != null;
      }
      try {
        Optional<String> _ = learn(runtime, id);
      } finally {
        pending.decrementAndGet();
      }
      // An event may come before the runtime says of the container what it told by the event.
      end = Math.min(end, System.nanoTime() + LIST_PAUSE_AFTER_EVENT.toNanos());
    }
    return false;
  }

  private void follow(ContainerRuntime runtime) {
    try {
      while (!closed && followOnce(runtime)) {
        hasEvents = false;
        look();
        Thread.sleep(PAUSE_BEHIND_EVENTS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    hasEvents = false;
    look();
  }

  /// @return false when there are none
  private boolean followOnce(ContainerRuntime runtime) {
    try {
      return runtime.follow(this::told);
    } catch (IOException | RuntimeException e) {
      return true; // The list says the same, or that all is well.
    }
  }

  private void told(String id) {
    hasEvents = true;
    ask(id);
  }
}
