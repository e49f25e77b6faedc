package dev.purser.hub;

import dev.purser.core.frame.BatchHead;
import dev.purser.core.frame.Frame;
import dev.purser.core.frame.FrameFormatException;
import dev.purser.core.ingest.Arrivals;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.record.StreamState;
import dev.purser.core.thread.Threads;
import dev.purser.core.wal.LogFullException;
import dev.purser.core.wal.LogItem;
import dev.purser.core.wal.SegmentLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes frames into the write-ahead log: compare-and-set on the positions, then append, then wait
/// for the disk.
///
/// Appends are in one order for all agents; a thread of its own forces the log, once for all frames
/// that came while the last force ran (group commit). Thread-safe.
public final class Ingestion implements Ingest {
  private static final Logger LOG = LoggerFactory.getLogger(Ingestion.class);

  private final UUID start = UUID.randomUUID();
  private final SegmentLog log;
  private final InstantSource clock;
  private final LongSupplier committed;
  private final Arrivals arrivals;
  private final Consumer<IOException> onBroken;
  private final ReentrantLock order = new ReentrantLock(true);
  private final StreamStates states;
  private final Map<String, AgentReport> reports = new ConcurrentHashMap<>();
  private final IngestCounters counters = new IngestCounters();
  private final Thread committer;

  private Ingestion(
      SegmentLog log,
      StreamStates states,
      InstantSource clock,
      LongSupplier committed,
      Arrivals arrivals,
      Consumer<IOException> onBroken) {
    this.log = log;
    this.states = states;
    this.clock = clock;
    this.committed = committed;
    this.arrivals = arrivals;
    this.onBroken = onBroken;
    this.committer = Thread.ofPlatform().name("wal-commit").unstarted(this::commitLoop);
  }

  /// Rebuilds the positions from the log, and starts to accept.
  ///
  /// @param committed offset up to which all is in the lake's tables
  /// @param onBroken called once when the disk failed; the hub must stop
  public static Ingestion open(
      SegmentLog log, InstantSource clock, LongSupplier committed, Consumer<IOException> onBroken)
      throws IOException {
    return open(log, clock, committed, Arrivals.IGNORED, onBroken);
  }

  /// As the other.
  ///
  /// @param arrivals hears of all that is accepted from now on
  static Ingestion open(
      SegmentLog log,
      InstantSource clock,
      LongSupplier committed,
      Arrivals arrivals,
      Consumer<IOException> onBroken)
      throws IOException {
    SegmentLog.Head head = log.newestHead();
    StreamStates states = StreamStates.decode(head.head());
    long at = head.offset();
    for (Optional<LogItem> item = log.read(at); item.isPresent(); item = log.read(at)) {
      switch (item.get()) {
        case LogItem.Entry entry -> replay(entry, states);
        case LogItem.Damage damage -> tell(damage, committed.getAsLong());
      }
      at = item.get().next();
    }
    Ingestion ingestion = new Ingestion(log, states, clock, committed, arrivals, onBroken);
    ingestion.committer.start();
    return ingestion;
  }

  @Override
  public Map<String, StreamState> streams(String agentId) throws IOException, InterruptedException {
    UUID agent = UUID.fromString(agentId);
    Map<String, StreamState> held;
    long end;
    order.lockInterruptibly();
    try {
      held = states.of(agent);
      end = log.end();
    } finally {
      order.unlock();
    }
    // An agent lets go of what it is told that the hub has.
    log.awaitDurable(end);
    return held;
  }

  @Override
  public Reply append(ByteBuffer bytes) throws IOException, InterruptedException {
    Frame frame;
    try {
      frame = Frame.parse(bytes);
    } catch (FrameFormatException e) {
      counters.rejected.increment();
      return new Reply.Rejected(String.valueOf(e.getMessage()));
    }
    @Nullable Reply reply;
    long offset;
    order.lockInterruptibly();
    try {
      reply = continues(frame) ? null : conflict(frame);
      if (reply == null) {
        long now = nowMicros();
        log.append(now, bytes, () -> states.encode(now));
        for (BatchHead batch : frame.heads()) {
          states.move(frame.agent(), batch, now);
          arrivals.took(batch.stream());
        }
      }
      offset = log.end();
    } catch (LogFullException e) {
      counters.busy.increment();
      return new Reply.Busy(String.valueOf(e.getMessage()));
    } finally {
      order.unlock();
    }
    log.awaitDurable(offset);
    if (reply != null) {
      return reply;
    }
    counters.accepted(frame, bytes.remaining());
    return new Reply.Accepted(offset, committed.getAsLong());
  }

  @Override
  public UUID report(String agentId, byte[] statusJson) {
    reports.put(
        agentId, new AgentReport(clock.instant(), new String(statusJson, StandardCharsets.UTF_8)));
    arrivals.heard(statusJson);
    return start;
  }

  /// What each agent last told of itself, by agent id.
  public Map<String, AgentReport> reports() {
    return Map.copyOf(reports);
  }

  public IngestCounters counters() {
    return counters;
  }

  /// All streams that are not forgotten, by id.
  Map<String, StreamStates.Held> all() {
    order.lock();
    try {
      return states.all();
    } finally {
      order.unlock();
    }
  }

  /// Where all streams are behind the last entry of the log.
  SegmentLog.Head positions() {
    order.lock();
    try {
      return new SegmentLog.Head(states.encode(nowMicros()), log.end());
    } finally {
      order.unlock();
    }
  }

  /// Waits for the last force; the log must be closed by its owner first, so that nobody waits for
  /// it.
  @Override
  public void close() {
    Threads.awaitEnd(committer);
  }

  /// Whether each batch of a frame begins where its stream is, or where the batch before it ends.
  private boolean continues(Frame frame) {
    Map<String, StreamState> after = new HashMap<>();
    for (BatchHead batch : frame.heads()) {
      String id = batch.stream().id();
      if (!batch.continues(after.getOrDefault(id, states.state(id)))) {
        return false;
      }
      after.put(id, batch.after());
    }
    return true;
  }

  private Reply conflict(Frame frame) {
    counters.conflicts.increment();
    Map<String, StreamState> held = new HashMap<>();
    for (BatchHead batch : frame.heads()) {
      String id = batch.stream().id();
      UUID owner = states.agent(id);
      if (owner != null && !owner.equals(frame.agent())) {
        LOG.atError()
            .addKeyValue("stream", id)
            .addKeyValue("agents", owner + " and " + frame.agent())
            .log("Two agents send one stream: give each machine its own machine id");
      }
      held.put(id, states.state(id));
    }
    return new Reply.Conflict(held);
  }

  private void commitLoop() {
    try {
      while (log.awaitAppended()) {
        log.force();
      }
    } catch (IOException e) {
      onBroken.accept(e);
    } catch (RuntimeException | Error e) {
      onBroken.accept(new IOException("the log's commits ended: " + e, e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long nowMicros() {
    return EpochMicros.now(clock);
  }

  /// Of damage behind what is committed, the [Drain] tells.
  private static void tell(LogItem.Damage damage, long committed) {
    if (damage.next() <= committed) {
      LOG.atError()
          .addKeyValue("offset", damage.offset())
          .addKeyValue("bytes", damage.next() - damage.offset())
          .log(
              "Damaged bytes of the write-ahead log are in the tables: nothing is lost, but what"
                  + " they say of positions is. Rows of streams that came no further may come twice");
    }
  }

  private static void replay(LogItem.Entry entry, StreamStates states) {
    try {
      Frame frame = Frame.parse(entry.payload());
      for (BatchHead batch : frame.heads()) {
        states.move(frame.agent(), batch, entry.timeMicros());
      }
    } catch (FrameFormatException e) {
      throw new IllegalStateException("a frame that was accepted does not parse", e);
    }
  }
}
