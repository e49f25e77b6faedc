package dev.purser.sources.logs;

import dev.purser.core.record.Gap;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.Lane;
import dev.purser.core.source.Outbox;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// A hub and the way to it, in memory: compare-and-set on the position, as the real one. What was
/// sent is durable only after [#deliver]; until then [#crash] loses it, and [#sendBack] makes the
/// source send it again.
final class RecordingOutbox implements Outbox {
  static final String AGENT = "5d0c4e5e-agent";

  private final Map<String, StreamState> durable = new TreeMap<>();
  private final Map<String, List<Delivered>> delivered = new TreeMap<>();
  private final Map<String, Stream> streams = new HashMap<>();
  private final Set<String> finished = new HashSet<>();
  private final List<String> order = new ArrayList<>();
  private final Deque<Sent> sent = new ArrayDeque<>();
  private final List<OpenLane> lanes = new ArrayList<>();
  private boolean delivering = true;

  /// A record or a gap, as the hub has it.
  record Delivered(long seq, byte[] bytes, boolean isGap, Gap.Reason reason, Gap gap) {
    String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private record Sent(RecordBatch batch, List<byte[]> records) {}

  @Override
  public String agentId() {
    return AGENT;
  }

  @Override
  public synchronized Map<String, StreamState> known() {
    return Map.copyOf(durable);
  }

  @Override
  public synchronized Lane open(Stream stream, StreamState start, Runnable wake) {
    for (OpenLane lane : lanes) {
      if (lane.stream.id().equals(stream.id())) {
        throw new IllegalStateException("two lanes for " + stream.id());
      }
    }
    streams.put(stream.id(), stream);
    OpenLane lane = new OpenLane(stream, start, wake);
    lanes.add(lane);
    return lane;
  }

  @Override
  public void flush() {
    deliver(Integer.MAX_VALUE);
  }

  /// Waits until that many records arrived, at most 20 s.
  synchronized void awaitRecords(long count) throws InterruptedException {
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (texts().size() < count && System.nanoTime() < deadline) {
      wait(100);
    }
    if (texts().size() < count) {
      throw new AssertionError("only " + texts().size() + " of " + count + " records arrived");
    }
  }

  /// What is sent becomes durable only by [#deliver].
  synchronized RecordingOutbox holdBack() {
    delivering = false;
    return this;
  }

  /// Makes the first `count` batches durable that are not yet.
  synchronized void deliver(int count) {
    for (int i = 0; i < count && !sent.isEmpty(); i++) {
      Sent next = sent.removeFirst();
      RecordBatch batch = next.batch();
      String id = batch.stream().id();
      StreamState held = durable.getOrDefault(id, StreamState.NEW);
      if (!held.accepts(batch)) {
        throw new AssertionError("hub holds " + held + " of " + id + ", got " + batch);
      }
      List<Delivered> records = delivered.computeIfAbsent(id, k -> new ArrayList<>());
      if (!order.contains(id)) {
        order.add(id);
      }
      if (batch.payload() instanceof Gap gap) {
        records.add(new Delivered(batch.firstSeq(), new byte[0], true, gap.reason(), gap));
      }
      long seq = batch.firstSeq();
      for (byte[] record : next.records()) {
        records.add(new Delivered(seq++, record, false, Gap.Reason.MALFORMED, NO_GAP));
      }
      durable.put(id, batch.after());
      if (FilePosition.isFinished(batch.to())) {
        finished.add(id);
      } else if (batch.count() > 0) {
        finished.remove(id);
      }
    }
  }

  /// The hub refuses all that is on the way: every lane goes back to what is durable.
  void sendBack() {
    List<OpenLane> woken;
    synchronized (this) {
      sent.clear();
      woken = new ArrayList<>();
      for (OpenLane lane : lanes) {
        StreamState held = durable.getOrDefault(lane.stream.id(), StreamState.NEW);
        if (!held.equals(lane.state)) {
          lane.state = held;
          woken.add(lane);
        }
      }
    }
    woken.forEach(lane -> lane.wake.run());
  }

  /// What was on the way is lost, and the agent's end with it.
  synchronized void crash() {
    sent.clear();
    lanes.clear();
  }

  /// The hub lost the end of its log, and everybody was told: of a stream, all but its first
  /// `records` records or gaps, with `held` behind them.
  void lose(String streamId, StreamState held) {
    synchronized (this) {
      durable.put(streamId, held);
      delivered
          .getOrDefault(streamId, new ArrayList<>())
          .removeIf(each -> each.seq() >= held.nextSeq());
    }
    sendBack();
  }

  /// The hub is one that is restored from a time when it had nothing.
  synchronized void forget() {
    durable.clear();
    delivered.clear();
    order.clear();
  }

  /// Whether the stream was marked as finished behind its last record.
  synchronized boolean isFinished(String streamId) {
    return finished.contains(streamId);
  }

  /// Whether a record that begins with `text` is on the way.
  synchronized boolean isOnTheWay(String text) {
    return sent.stream()
        .flatMap(each -> each.records().stream())
        .anyMatch(record -> new String(record, StandardCharsets.UTF_8).startsWith(text));
  }

  synchronized List<Delivered> delivered(String streamId) {
    return List.copyOf(delivered.getOrDefault(streamId, List.of()));
  }

  /// Ids of the streams of files, in the order of their first batch.
  synchronized List<String> fileStreams() {
    return order.stream().filter(id -> id.startsWith("file/")).toList();
  }

  synchronized Stream stream(String id) {
    return java.util.Objects.requireNonNull(streams.get(id), id);
  }

  synchronized StreamState state(String id) {
    return durable.getOrDefault(id, StreamState.NEW);
  }

  /// The texts of all records, stream after stream.
  List<String> texts() {
    return fileStreams().stream()
        .flatMap(id -> delivered(id).stream())
        .filter(each -> !each.isGap())
        .map(Delivered::text)
        .toList();
  }

  List<Gap> gaps() {
    return fileStreams().stream()
        .flatMap(id -> delivered(id).stream())
        .filter(Delivered::isGap)
        .map(Delivered::gap)
        .toList();
  }

  private static final Gap NO_GAP =
      new Gap(
          Gap.Reason.MALFORMED,
          dev.purser.core.record.Position.START,
          dev.purser.core.record.Position.START,
          null,
          0,
          "");

  private final class OpenLane implements Lane {
    private final Stream stream;
    private final Runnable wake;
    private StreamState state;

    OpenLane(Stream stream, StreamState start, Runnable wake) {
      this.stream = stream;
      this.state = start;
      this.wake = wake;
    }

    @Override
    public boolean send(RecordBatch batch) {
      synchronized (RecordingOutbox.this) {
        if (!lanes.contains(this)) {
          throw new IllegalStateException("lane is closed: " + stream.id());
        }
        if (!state.accepts(batch)) {
          return false;
        }
        state = batch.after();
        sent.add(new Sent(batch, copy(batch)));
        if (delivering) {
          deliver(Integer.MAX_VALUE);
          RecordingOutbox.this.notifyAll();
        }
        return true;
      }
    }

    @Override
    public StreamState state() {
      synchronized (RecordingOutbox.this) {
        return state;
      }
    }

    @Override
    public StreamState durable() {
      synchronized (RecordingOutbox.this) {
        return durable.getOrDefault(stream.id(), StreamState.NEW);
      }
    }

    @Override
    public void close() {
      synchronized (RecordingOutbox.this) {
        lanes.remove(this);
      }
    }

    private static List<byte[]> copy(RecordBatch batch) {
      List<byte[]> copies = new ArrayList<>();
      if (batch.payload() instanceof Records records) {
        MemorySegment data = records.data();
        for (int i = 0; i < records.count(); i++) {
          copies.add(
              data.asSlice(records.start(i), records.end(i) - records.start(i))
                  .toArray(ValueLayout.JAVA_BYTE));
        }
      }
      return copies;
    }
  }
}
