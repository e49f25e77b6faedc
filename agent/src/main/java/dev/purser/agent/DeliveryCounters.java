package dev.purser.agent;

import dev.purser.core.frame.BatchHead;
import dev.purser.core.record.Gap;
import dev.purser.core.record.Payload;
import dev.purser.core.record.Records;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/// What went through a [Delivery] since its start. Thread-safe.
public final class DeliveryCounters {
  final LongAdder receivedRecords = new LongAdder();
  final LongAdder receivedBytes = new LongAdder();
  final LongAdder sentRecords = new LongAdder();
  final LongAdder sentBytes = new LongAdder();
  final LongAdder conflicts = new LongAdder();
  final LongAdder errors = new LongAdder();
  final LongAdder busy = new LongAdder();
  final LongAdder blockedNanos = new LongAdder();
  private final Map<Gap.Reason, LongAdder> gaps = new EnumMap<>(Gap.Reason.class);

  DeliveryCounters() {
    for (Gap.Reason reason : Gap.Reason.values()) {
      gaps.put(reason, new LongAdder());
    }
  }

  LongAdder gaps(Gap.Reason reason) {
    return Objects.requireNonNull(gaps.get(reason));
  }

  void received(Payload payload) {
    switch (payload) {
      case Records records -> {
        receivedRecords.add(records.count());
        receivedBytes.add(records.sizeBytes());
      }
      case Gap gap -> gaps(gap.reason()).increment();
    }
  }

  void sent(BatchHead batch) {
    sentRecords.add(batch.count());
    sentBytes.add(batch.sizeBytes());
  }

  public long records() {
    return sentRecords.sum();
  }

  public long bytes() {
    return sentBytes.sum();
  }
}
