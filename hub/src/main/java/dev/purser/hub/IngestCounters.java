package dev.purser.hub;

import dev.purser.core.frame.BatchHead;
import dev.purser.core.frame.Frame;
import java.util.concurrent.atomic.LongAdder;

/// What came in since the start. Thread-safe.
public final class IngestCounters {
  final LongAdder frames = new LongAdder();
  final LongAdder records = new LongAdder();
  final LongAdder recordBytes = new LongAdder();
  final LongAdder frameBytes = new LongAdder();
  final LongAdder conflicts = new LongAdder();
  final LongAdder busy = new LongAdder();
  final LongAdder rejected = new LongAdder();

  void accepted(Frame frame, int sizeBytes) {
    frames.increment();
    frameBytes.add(sizeBytes);
    for (BatchHead batch : frame.heads()) {
      records.add(batch.count());
      recordBytes.add(batch.sizeBytes());
    }
  }
}
