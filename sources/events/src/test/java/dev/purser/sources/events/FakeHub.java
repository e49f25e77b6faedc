package dev.purser.sources.events;

import dev.purser.core.record.Gap;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.Lane;
import dev.purser.core.source.Outbox;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/// A hub that keeps what it gets, and holds to compare-and-set.
final class FakeHub implements Outbox {
  private final Map<String, StreamState> held = new TreeMap<>();
  private final List<String> records = new ArrayList<>();
  private final List<Gap> gaps = new ArrayList<>();
  private int batches;
  private int refuse;
  private Runnable waker = () -> {};

  @Override
  public String agentId() {
    return "hub";
  }

  @Override
  public synchronized Map<String, StreamState> known() {
    return Map.copyOf(held);
  }

  @Override
  public synchronized Lane open(Stream stream, StreamState start, Runnable wake) {
    if (!held.getOrDefault(stream.id(), StreamState.NEW).equals(start)) {
      throw new IllegalStateException("opened at " + start + ", held " + held);
    }
    waker = wake;
    return new FakeLane(stream);
  }

  @Override
  public void flush() {}

  synchronized List<String> records() {
    return List.copyOf(records);
  }

  synchronized List<Gap> gaps() {
    return List.copyOf(gaps);
  }

  synchronized int batches() {
    return batches;
  }

  synchronized Map<String, StreamState> held() {
    return Map.copyOf(held);
  }

  /// The hub was restored from a backup: it forgets the last records, and tells the source.
  void rewind(StreamState to, int keep) {
    Runnable wake;
    synchronized (this) {
      held.replaceAll((id, state) -> to);
      records.subList(keep, records.size()).clear();
      wake = waker;
      notifyAll();
    }
    wake.run();
  }

  /// The next batches are refused although they fit: their acknowledgement was lost, and the hub
  /// does not hold them.
  synchronized void refuse(int count) {
    refuse = count;
  }

  /// Waits until something holds of what was received.
  synchronized void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      wait();
    }
  }

  private final class FakeLane implements Lane {
    private final Stream stream;

    FakeLane(Stream stream) {
      this.stream = stream;
    }

    @Override
    public boolean send(RecordBatch batch) {
      synchronized (FakeHub.this) {
        if (!state().accepts(batch)) {
          return false;
        }
        if (refuse > 0) {
          refuse--;
          return false;
        }
        take(batch);
        FakeHub.this.notifyAll();
        return true;
      }
    }

    private void take(RecordBatch batch) {
      held.put(stream.id(), batch.after());
      batches++;
      switch (batch.payload()) {
        case Gap gap -> gaps.add(gap);
        case Records taken -> {
          for (int i = 0; i < taken.count(); i++) {
            byte[] line =
                taken
                    .data()
                    .asSlice(taken.start(i), taken.end(i) - taken.start(i))
                    .toArray(ValueLayout.JAVA_BYTE);
            records.add(new String(line, StandardCharsets.UTF_8));
          }
        }
      }
    }

    @Override
    public StreamState state() {
      synchronized (FakeHub.this) {
        return held.getOrDefault(stream.id(), StreamState.NEW);
      }
    }

    @Override
    public StreamState durable() {
      return state();
    }

    @Override
    public void close() {}
  }
}
