package dev.purser.containers;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// A runtime by hand. Its events come when [#tell] says so, its connection breaks on [#restart].
final class FakeRuntime implements ContainerRuntime {
  private static final String BREAK = "break";

  private final Map<String, Container> containers = new ConcurrentHashMap<>();
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final Set<String> refused = ConcurrentHashMap.newKeySet();
  private final AtomicInteger streams = new AtomicInteger();
  private volatile boolean broken;
  private volatile boolean endsStreams;

  FakeRuntime add(Container container) {
    containers.put(container.id(), container);
    return this;
  }

  void remove(String id) {
    containers.remove(id);
  }

  /// Fails when it is asked for this container.
  void refuse(String id) {
    refused.add(id);
  }

  /// Tells of no events, but ends each stream of them at once. Call it before it is reached.
  void endStreams() {
    endsStreams = true;
  }

  /// How many streams of events it was asked for.
  int streams() {
    return streams.get();
  }

  void tell(String id) {
    events.add(id);
  }

  void restart() {
    broken = true;
    events.add(BREAK);
  }

  FakeRuntime connect() {
    broken = false;
    return this;
  }

  @Override
  public String name() {
    return "fake 1";
  }

  @Override
  public Map<String, Boolean> list() throws IOException {
    check();
    Map<String, Boolean> all = new HashMap<>();
    containers.forEach((id, container) -> all.put(id, container.pid() != 0));
    return all;
  }

  @Override
  public Optional<Container> inspect(String id) throws IOException {
    check();
    if (refused.contains(id)) {
      throw new IOException("ContainerStatus: UNKNOWN");
    }
    return Optional.ofNullable(containers.get(id));
  }

  @Override
  public boolean follow(Consumer<String> changed) throws IOException {
    streams.incrementAndGet();
    try {
      while (!endsStreams) {
        String id = events.take();
        if (id.equals(BREAK)) {
          throw new IOException("connection reset");
        }
        changed.accept(id);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() {}

  private void check() throws IOException {
    if (broken) {
      throw new IOException("connection refused");
    }
  }
}
