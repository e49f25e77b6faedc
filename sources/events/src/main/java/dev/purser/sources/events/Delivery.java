package dev.purser.sources.events;

import dev.purser.core.record.EpochMicros;
import dev.purser.core.record.Gap;
import dev.purser.core.record.Payload;
import dev.purser.core.record.Position;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.Lane;
import dev.purser.core.source.Outbox;
import dev.purser.kubernetes.ApiServer;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One cluster's way to the hub: its lane, the batch that is being filled, and how far it reaches.
/// Owned by the thread of its [ClusterWatch].
final class Delivery implements AutoCloseable {
  private final String cluster;
  private final Outbox outbox;
  private final InstantSource clock;
  private final Runnable wake;
  private final Outgoing outgoing = new Outgoing();

  private @Nullable Stream stream;
  private @Nullable Lane lane;
  private StreamState state = StreamState.NEW;
  private ResumePoint reached = ResumePoint.START;
  private long addedNanos;
  private long sentNanos;

  /// @param wake called from any thread when the hub sent the stream back
  Delivery(String cluster, Outbox outbox, InstantSource clock, Runnable wake) {
    this.cluster = cluster;
    this.outbox = outbox;
    this.clock = clock;
    this.wake = wake;
  }

  /// Begins, or begins again, where the hub has the stream; what was not sent is dropped.
  ///
  /// @throws IOException when the hub's position is none of ours
  ResumePoint begin(String clusterId) throws IOException {
    String id = "events/" + cluster + "/" + clusterId;
    if (stream == null || lane == null || !stream.id().equals(id)) {
      close();
      stream = new Stream(id, EventsDecoder.KIND, Map.of(Stream.CLUSTER, cluster));
      lane = outbox.open(stream, outbox.known().getOrDefault(id, StreamState.NEW), wake);
    }
    outgoing.clear();
    state = lane.state();
    sentNanos = System.nanoTime();
    try {
      reached = ResumePoint.parse(state.position());
    } catch (NumberFormatException e) {
      throw new IOException(
          "the hub holds a position of stream "
              + id
              + " that is no resourceVersion: "
              + ApiServer.quote(state.position().token()),
          e);
    }
    return reached;
  }

  /// The stream, once it is known.
  @Nullable Stream stream() {
    return stream;
  }

  /// What was delivered, and what is in the batch.
  ResumePoint reached() {
    return reached;
  }

  /// Adds a version to the batch.
  void add(EventVersion version, ResumePoint then) {
    if (outgoing.isEmpty()) {
      addedNanos = System.nanoTime();
    }
    outgoing.add(version.json());
    reached = then;
  }

  /// Notes that all up to `then` was seen, of which nothing is to be delivered.
  void pass(ResumePoint then) {
    reached = then;
  }

  boolean isFull() {
    return outgoing.isFull();
  }

  boolean isEmpty() {
    return outgoing.isEmpty();
  }

  /// How long until the batch should go; negative when it is late, [Long#MAX_VALUE] when there is
  /// nothing to send.
  long dueNanos(Duration linger, Duration bookmark) {
    if (!outgoing.isEmpty()) {
      return addedNanos + linger.toNanos() - System.nanoTime();
    }
    return reached.position().equals(state.position())
        ? Long.MAX_VALUE
        : sentNanos + bookmark.toNanos() - System.nanoTime();
  }

  /// Sends the batch and the position, if there is any news in them.
  void flush() throws InterruptedException, SentBackException {
    if (!outgoing.isEmpty() || !reached.position().equals(state.position())) {
      send(outgoing.records(nowMicros()), reached);
      outgoing.clear();
    }
  }

  /// Sends the batch, and a gap behind it.
  void gap(Position from, Position to, @Nullable Long lost, String detail, ResumePoint then)
      throws InterruptedException, SentBackException {
    flush();
    send(new Gap(Gap.Reason.WATCH_EXPIRED, from, to, lost, nowMicros(), detail), then);
  }

  /// Whether the hub sent the stream back since [#begin].
  boolean wasSentBack() {
    return lane != null && !lane.state().equals(state);
  }

  @Override
  public void close() {
    if (lane != null) {
      lane.close();
      lane = null;
    }
  }

  private void send(Payload payload, ResumePoint then)
      throws InterruptedException, SentBackException {
    if (stream == null || lane == null) {
      throw new IllegalStateException("begin comes first");
    }
    RecordBatch batch =
        new RecordBatch(stream, state.nextSeq(), state.position(), then.position(), payload, false);
    if (!lane.send(batch)) {
      throw new SentBackException();
    }
    state = batch.after();
    reached = then;
    sentNanos = System.nanoTime();
  }

  private long nowMicros() {
    return EpochMicros.now(clock);
  }
}
