package dev.purser.agent;

import dev.purser.core.source.Source;
import dev.purser.core.source.Volume;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// The figures of each container and file, for Prometheus: made when it asks, as meters would take
/// three kilobytes for each. There are as many as the sources know then: those of a container that
/// went go too.
final class VolumeMetrics implements MultiCollector, AutoCloseable {
  /// One of what is told of each.
  private record Figure(String name, String help, ToLongFunction<Volume> of) {}

  private static final List<Figure> FIGURES =
      List.of(
          new Figure("written", "bytes written since it is known", Volume::writtenBytes),
          new Figure("read", "bytes of these that were read", Volume::readBytes),
          new Figure("delivered", "bytes of these on the hub's disk", Volume::deliveredBytes),
          new Figure(
              "lost", "bytes of these that were lost before they were read", Volume::lostBytes));

  /// What was told longer ago may be of a file that went since, before one of its name.
  private static final Duration REMEMBERED = Duration.ofMinutes(5);

  private final PrometheusRegistry registry;
  private final List<Source> sources;
  private final InstantSource clock;

  /// What was told last of each, in the order of [#FIGURES].
  private Map<Map<String, String>, long[]> told = Map.of();

  private Instant toldAt = Instant.MIN;

  VolumeMetrics(PrometheusRegistry registry, List<Source> sources, InstantSource clock) {
    this.registry = registry;
    this.sources = List.copyOf(sources);
    this.clock = clock;
    registry.register(this);
  }

  @Override
  public void close() {
    registry.unregister(this);
  }

  @Override
  public synchronized MetricSnapshots collect() {
    Instant now = clock.instant();
    if (toldAt.isBefore(now.minus(REMEMBERED))) {
      told = Map.of();
    }
    toldAt = now;
    Map<Map<String, String>, long[]> all = new HashMap<>();
    Volume.of(sources)
        .forEach((subject, volume) -> all.put(subject, bytes(volume, told.get(subject))));
    told = all;
    return snapshots();
  }

  private MetricSnapshots snapshots() {
    Map<String, CounterSnapshot.Builder> counters = new HashMap<>();
    told.forEach((subject, bytes) -> {
      String what = subject.containsKey("container") ? "container" : "file";
      Labels labels = labels(subject);
      for (int i = 0; i < bytes.length; i++) {
        Figure figure = FIGURES.get(i);
        counters
            .computeIfAbsent(
                "purser_" + what + "_" + figure.name() + "_bytes",
                name -> CounterSnapshot.builder().name(name).help(figure.help()))
            .dataPoint(
                CounterDataPointSnapshot.builder().labels(labels).value((double) bytes[i]).build());
      }
    });
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    counters.values().forEach(counter -> all.metricSnapshot(counter.build()));
    return all.build();
  }

  /// A counter never falls: what a file was thought to hold, and that turned out to be a file in
  /// its place, is counted once.
  private static long[] bytes(Volume volume, long @Nullable [] before) {
    long[] bytes = new long[FIGURES.size()];
    for (int i = 0; i < bytes.length; i++) {
      long now = FIGURES.get(i).of().applyAsLong(volume);
      bytes[i] = before == null ? now : Math.max(before[i], now);
    }
    return bytes;
  }

  private static Labels labels(Map<String, String> subject) {
    Labels.Builder labels = Labels.builder();
    subject.forEach(labels::label);
    return labels.build();
  }
}
