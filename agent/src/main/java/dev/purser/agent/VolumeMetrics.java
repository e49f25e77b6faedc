package dev.purser.agent;

import dev.purser.core.source.Source;
import dev.purser.core.source.Volume;
import dev.purser.core.thread.Threads;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/// The figures of each container and file, for Prometheus. There are as many as the sources know
/// now: those of a container that went go too.
final class VolumeMetrics implements AutoCloseable {
  private static final long EVERY_MILLIS = 2_000;
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(2);

  private final MeterRegistry metrics;
  private final List<Source> sources;
  private final Map<Map<String, String>, Series> series = new HashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  VolumeMetrics(MeterRegistry metrics, List<Source> sources) {
    this.metrics = metrics;
    this.sources = List.copyOf(sources);
    this.thread = Thread.ofVirtual().name("volume-metrics").start(this::run);
  }

  @Override
  public void close() {
    closed.countDown();
    Threads.awaitEnd(thread, CLOSE_DEADLINE);
  }

  private void run() {
    try {
      do {
        update();
      } while (!closed.await(EVERY_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void update() {
    Map<Map<String, String>, Volume> now = Volume.of(sources);
    for (Map.Entry<Map<String, String>, Series> entry : series.entrySet()) {
      if (!now.containsKey(entry.getKey())) {
        entry.getValue().meters.forEach(metrics::remove);
      }
    }
    series.keySet().retainAll(now.keySet());
    now.forEach(
        (subject, volume) -> series.computeIfAbsent(subject, _ -> new Series(volume)).move(volume));
  }

  /// Of one container or file. Held here: a meter does not hold what it reads.
  private final class Series {
    private final List<Meter> meters = new ArrayList<>();
    private final List<Reading> readings = new ArrayList<>();

    Series(Volume volume) {
      String what = volume.subject().containsKey("container") ? "container" : "file";
      Set<Tag> tags =
          volume.subject().entrySet().stream()
              .map(label -> Tag.of(label.getKey(), label.getValue()))
              .collect(Collectors.toSet());
      add(what + ".written", "bytes written since it is known", tags, Volume::writtenBytes);
      add(what + ".read", "bytes of these that were read", tags, Volume::readBytes);
      add(what + ".delivered", "bytes of these on the hub's disk", tags, Volume::deliveredBytes);
      add(
          what + ".lost",
          "bytes of these that were lost before they were read",
          tags,
          Volume::lostBytes);
    }

    private void add(String name, String description, Set<Tag> tags, ToLongFunction<Volume> part) {
      Reading reading = new Reading(part);
      readings.add(reading);
      meters.add(
          FunctionCounter.builder("purser." + name + ".bytes", reading, Reading::bytes)
              .description(description)
              .tags(tags)
              .register(metrics));
    }

    void move(Volume volume) {
      readings.forEach(reading -> reading.move(volume));
    }
  }

  /// A counter never falls: what a file was thought to hold, and that turned out to be a file in
  /// its place, is counted once.
  private static final class Reading {
    private final ToLongFunction<Volume> part;
    private volatile long bytes;

    Reading(ToLongFunction<Volume> part) {
      this.part = part;
    }

    void move(Volume volume) {
      bytes = Math.max(bytes, part.applyAsLong(volume));
    }

    double bytes() {
      return bytes;
    }
  }
}
