package dev.purser.containers;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/// A runtime by hand. Its events come when [#tell] says so, its connection breaks on [#restart].
final class FakeRuntime implements ContainerRuntime {
  private static final String BREAK = "break";

  private final Map<String, Container> containers = new ConcurrentHashMap<>();
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private volatile boolean broken;

  FakeRuntime add(Container container) {
    containers.put(container.id(), container);
    return this;
  }

  void remove(String id) {
    containers.remove(id);
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
    return Optional.ofNullable(containers.get(id));
  }

  @Override
  public boolean follow(Consumer<String> changed) throws IOException {
    try {
      for (String id = events.take(); !id.equals(BREAK); id = events.take()) {
        changed.accept(id);
      }
      throw new IOException("connection reset");
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
