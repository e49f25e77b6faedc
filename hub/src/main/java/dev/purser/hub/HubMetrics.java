package dev.purser.hub;

import dev.purser.core.wal.SegmentLog;
import dev.purser.lake.Lake;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/// The hub's own figures, for Prometheus.
final class HubMetrics {
  private HubMetrics() {}

  static void register(MeterRegistry metrics, SegmentLog log, Lake lake, Ingestion ingestion) {
    IngestCounters in = ingestion.counters();
    counter(metrics, "purser.hub.frames", "frames accepted", in.frames);
    counter(metrics, "purser.hub.records", "records and gaps accepted", in.records);
    counter(metrics, "purser.hub.record.bytes", "bytes of records accepted", in.recordBytes);
    counter(metrics, "purser.hub.frame.bytes", "bytes of frames accepted", in.frameBytes);
    counter(
        metrics,
        "purser.hub.conflicts",
        "frames that did not begin where their streams are: overtook another, or were sent again",
        in.conflicts);
    counter(metrics, "purser.hub.busy", "frames sent back as there was no room", in.busy);
    counter(metrics, "purser.hub.rejected", "malformed frames", in.rejected);
    Gauge.builder("purser.wal.bytes", log, SegmentLog::sizeBytes)
        .description("bytes that the write-ahead log holds")
        .register(metrics);
    Gauge.builder("purser.wal.max.bytes", log, SegmentLog::maxBytes)
        .description("bytes at which the write-ahead log refuses")
        .register(metrics);
    Gauge.builder("purser.lake.uncommitted.bytes", lake, it -> log.durable() - it.committed())
        .description("bytes of the log that are not in the lake's tables yet")
        .register(metrics);
    Gauge.builder("purser.lake.undrained.bytes", lake, it -> log.durable() - it.applied())
        .description("bytes of the log that queries do not see yet")
        .register(metrics);
  }

  private static void counter(
      MeterRegistry metrics, String name, String description, LongAdder value) {
    FunctionCounter.builder(name, value, LongAdder::doubleValue)
        .description(description)
        .register(metrics);
  }
}
