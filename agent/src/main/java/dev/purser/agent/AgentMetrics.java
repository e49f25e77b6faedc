package dev.purser.agent;

import dev.purser.core.record.Gap;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.atomic.LongAdder;

/// An agent's own figures, for Prometheus. It drops nothing; what was lost before it could be read
/// is a gap.
final class AgentMetrics {
  private AgentMetrics() {}

  static void register(MeterRegistry metrics, Delivery delivery) {
    DeliveryCounters counters = delivery.counters();
    counter(
        metrics, "received.records", "records that sources handed over", counters.receivedRecords);
    counter(metrics, "received.bytes", "bytes that sources handed over", counters.receivedBytes);
    counter(metrics, "sent.records", "records that the hub has on disk", counters.sentRecords);
    counter(metrics, "sent.bytes", "bytes that the hub has on disk", counters.sentBytes);
    counter(metrics, "conflicts", "times that the hub sent streams back", counters.conflicts);
    counter(metrics, "errors", "calls that the hub did not answer", counters.errors);
    counter(metrics, "busy", "times that the hub had no room", counters.busy);
    for (Gap.Reason reason : Gap.Reason.values()) {
      FunctionCounter.builder("purser.agent.gaps", counters.gaps(reason), LongAdder::doubleValue)
          .description("losses, known or possible")
          .tags(Tags.of("reason", reason.label()))
          .register(metrics);
    }
    FunctionCounter.builder(
            "purser.agent.blocked", counters.blockedNanos, nanos -> nanos.sum() / 1e9)
        .description("time that sources waited for room")
        .baseUnit("seconds")
        .register(metrics);
    Gauge.builder("purser.agent.queued.bytes", delivery, Delivery::queuedBytes)
        .description("bytes of records that wait to be sent")
        .register(metrics);
  }

  private static void counter(
      MeterRegistry metrics, String name, String description, LongAdder value) {
    FunctionCounter.builder("purser.agent." + name, value, LongAdder::doubleValue)
        .description(description)
        .register(metrics);
  }
}
