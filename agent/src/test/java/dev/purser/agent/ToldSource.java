package dev.purser.agent;

import dev.purser.core.source.Outbox;
import dev.purser.core.source.Source;
import dev.purser.core.source.StreamProgress;
import dev.purser.core.source.Volume;
import java.util.List;

/// A source that says what it is told to.
record ToldSource(List<StreamProgress> progress, List<Volume> volumes) implements Source {
  @Override
  public String name() {
    return "told";
  }

  @Override
  public void start(Outbox outbox) {}

  @Override
  public List<String> drain() {
    return List.of();
  }

  @Override
  public List<String> problems() {
    return List.of();
  }

  @Override
  public void close() {}
}
