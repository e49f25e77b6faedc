package dev.purser.agent;

import dev.purser.core.frame.BatchHead;
import dev.purser.core.frame.Clocks;
import dev.purser.core.frame.FrameWriter;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.Lane;
import dev.purser.core.source.Outbox;
import dev.purser.core.thread.Threads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The agent's way to its hub. Batches of all streams are collected in one frame while the frame
/// before is under way: a frame holds what came in that time, so it is small when little happens
/// and large under load.
///
/// One frame is in flight at a time; under load the next one is packed meanwhile, and one more
/// fills. Its batches are copied when sent; [Lane#send] waits when there is no room. The hub's
/// positions are the authority: after a conflict or an unknown outcome every stream concerned goes
/// on from where the hub says. Thread-safe.
public final class Delivery implements Outbox, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
  private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long FIRST_WAIT_MILLIS = 100;
  private static final long LONGEST_WAIT_MILLIS = 5_000;
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(2);

  private final Ingest hub;
  private final UUID agent;
  private final long patienceNanos;
  private final InstantSource clock;
  private final DeliveryCounters counters = new DeliveryCounters();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, HubLane> lanes = new HashMap<>();
  private final Thread packer;
  private final Thread sender;
  private final Deque<FrameWriter> spare = new ArrayDeque<>();
  private FrameWriter filling;
  private @Nullable Packed packed;
  private Map<String, StreamState> known = Map.of();
  private boolean closed;

  /// Set when somebody waits for room, so that the frame goes at once.
  private boolean wanted;

  /// Of the frame that is being compressed.
  private List<BatchHead> packing = List.of();

  private boolean inFlight;

  /// Counts the conflicts: a frame that was begun before one is void.
  private long epoch;

  /// Since when the hub has not taken what there is to take.
  private long waitingNanos = System.nanoTime();

  private @Nullable String trouble;
  private @Nullable IOException failure;

  /// @param frameBytes how many bytes of records one frame collects
  /// @param patience how long the hub may be without an answer, or without room, until delivery
  ///   fails
  public Delivery(Ingest hub, UUID agent, int frameBytes, Duration patience, InstantSource clock) {
    this.hub = hub;
    this.agent = agent;
    this.patienceNanos = TimeUnit.NANOSECONDS.convert(patience);
    this.clock = clock;
    this.filling = new FrameWriter(frameBytes);
    spare.add(new FrameWriter(frameBytes));
    spare.add(new FrameWriter(frameBytes));
    this.packer = Thread.ofPlatform().name("frame-packer").unstarted(() -> run(this::packLoop));
    this.sender = Thread.ofPlatform().name("delivery").unstarted(() -> run(this::sendLoop));
  }

  /// Asks the hub for the positions of this agent's streams, and begins to deliver.
  ///
  /// @throws IOException when patience has ended
  public void start() throws IOException, InterruptedException {
    Map<String, StreamState> held = askPositions();
    lock.lock();
    try {
      known = held;
    } finally {
      lock.unlock();
    }
    packer.start();
    sender.start();
  }

  @Override
  public String agentId() {
    return agent.toString();
  }

  @Override
  public Map<String, StreamState> known() {
    lock.lock();
    try {
      return known;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Lane open(Stream stream, StreamState start, Runnable wake) {
    HubLane lane = new HubLane(stream.id(), start, wake);
    lock.lock();
    try {
      if (lanes.putIfAbsent(stream.id(), lane) != null) {
        throw new IllegalStateException("two lanes for stream " + stream.id());
      }
    } finally {
      lock.unlock();
    }
    return lane;
  }

  /// @throws InterruptedException also when delivery ends before all is durable
  @Override
  public void flush() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (inFlight || !packing.isEmpty() || packed != null || !filling.isEmpty()) {
        if (closed) {
          throw new InterruptedException("delivery was closed");
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /// What keeps records from being delivered now; null when nothing does.
  public @Nullable String trouble() {
    lock.lock();
    try {
      return trouble;
    } finally {
      lock.unlock();
    }
  }

  /// Why delivery has ended by itself; empty while it goes on, or was closed.
  public Optional<IOException> failure() {
    lock.lock();
    try {
      return Optional.ofNullable(failure);
    } finally {
      lock.unlock();
    }
  }

  /// Bytes of records that wait to be sent.
  public long queuedBytes() {
    lock.lock();
    try {
      return (long) filling.dataBytes() + (packed == null ? 0 : packed.writer().dataBytes());
    } finally {
      lock.unlock();
    }
  }

  public DeliveryCounters counters() {
    return counters;
  }

  /// Stops without waiting for what is not acknowledged: the hub's positions tell where to go on.
  /// Call [#flush] first for a clean end.
  @Override
  public void close() {
    endWaits();
    Threads.awaitEnd(packer);
    // A call that is under way may end by itself.
    Threads.awaitEnd(sender, CLOSE_DEADLINE);
  }

  private void run(Loop loop) {
    try {
      loop.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      fail(e);
    } catch (RuntimeException | Error e) {
      LOG.atError().setCause(e).log("Delivery has ended; start again: nothing is lost");
      fail(new IOException("delivery has ended by a fault of purser: " + e, e));
      throw e;
    } finally {
      endWaits();
    }
  }

  private void packLoop() throws InterruptedException {
    while (true) {
      long begun;
      FrameWriter writer;
      lock.lockInterruptibly();
      try {
        if (!awaitPacking()) {
          return;
        }
        writer = filling;
        filling = spare.remove();
        wanted = false;
        packing = writer.heads();
        begun = epoch;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      ByteBuffer bytes =
          writer.finish(agent, new Clocks(EpochMicros.now(clock), System.nanoTime()));
      lock.lock();
      try {
        if (begun == epoch) {
          packed = new Packed(writer, bytes, packing);
        } else {
          reuse(writer);
        }
        packing = List.of();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /// Waits for batches and lets a little more gather; while a frame is in flight, for all that the
  /// next one can take.
  ///
  /// @return false when closed
  private boolean awaitPacking() throws InterruptedException {
    while (true) {
      while (!closed && (packed != null || filling.isEmpty() || (inFlight && !wanted))) {
        changed.await();
      }
      long left = LINGER_NANOS;
      while (left > 0 && !closed && !wanted) {
        left = changed.awaitNanos(left);
      }
      if (closed) {
        return false;
      }
      // A conflict empties it.
      if (!filling.isEmpty()) {
        return true;
      }
    }
  }

  private void sendLoop() throws IOException, InterruptedException {
    long wait = FIRST_WAIT_MILLIS;
    boolean refused = false;
    for (Packed frame = takeFrame(); frame != null; frame = takeFrame()) {
      if (!refused) {
        waitingNanos = System.nanoTime();
        wait = FIRST_WAIT_MILLIS;
      }
      Reply reply = deliver(frame.bytes());
      settle(frame, reply);
      refused = !(reply instanceof Reply.Accepted);
      if (refused) {
        // What does not change at once: two agents of one identity, or a hub of another version.
        checkPatience();
        pause(wait);
        wait = Math.min(LONGEST_WAIT_MILLIS, wait * 2);
      }
    }
  }

  private void fail(IOException e) {
    lock.lock();
    try {
      failure = e;
      trouble = e.getMessage();
    } finally {
      lock.unlock();
    }
  }

  /// Nobody shall wait for a sender that is gone.
  private void endWaits() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits for a frame; null when closed.
  private @Nullable Packed takeFrame() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (packed == null && !closed) {
        changed.await();
      }
      if (closed) {
        return null;
      }
      Packed frame = packed;
      packed = null;
      inFlight = true;
      changed.signalAll();
      return frame;
    } finally {
      lock.unlock();
    }
  }

  /// Sends until the hub decided. An unknown outcome ends as a conflict: the hub is asked where its
  /// streams are.
  private Reply deliver(ByteBuffer frame) throws IOException, InterruptedException {
    long wait = FIRST_WAIT_MILLIS;
    while (true) {
      try {
        Reply reply = hub.append(frame.duplicate());
        if (!(reply instanceof Reply.Busy busy)) {
          if (!(reply instanceof Reply.Rejected)) {
            tell(null);
          }
          return reply;
        }
        counters.busy.increment();
        tell("the hub has no room: " + busy.reason());
      } catch (IOException e) {
        counters.errors.increment();
        tell(String.valueOf(e.getMessage()));
        checkPatience();
        pause(wait);
        Map<String, StreamState> held = askPositions();
        return new Reply.Conflict(held);
      }
      checkPatience();
      pause(wait);
      wait = Math.min(LONGEST_WAIT_MILLIS, wait * 2);
    }
  }

  private Map<String, StreamState> askPositions() throws IOException, InterruptedException {
    long wait = FIRST_WAIT_MILLIS;
    while (true) {
      try {
        Map<String, StreamState> held = hub.streams(agentId());
        tell(null);
        return held;
      } catch (IOException e) {
        tell(String.valueOf(e.getMessage()));
      }
      checkPatience();
      pause(wait);
      wait = Math.min(LONGEST_WAIT_MILLIS, wait * 2);
    }
  }

  private void settle(Packed frame, Reply reply) {
    List<Runnable> wakes = new ArrayList<>();
    lock.lock();
    try {
      switch (reply) {
        case Reply.Accepted accepted -> {
          for (BatchHead batch : frame.heads()) {
            counters.sent(batch);
            HubLane lane = lanes.get(batch.stream().id());
            if (lane != null) {
              lane.durable = batch.after();
            }
          }
        }
        case Reply.Conflict conflict -> rewind(frame, conflict.held(), wakes);
        case Reply.Rejected rejected -> {
          LOG.atError()
              .addKeyValue("reason", rejected.reason())
              .log("The hub rejects a frame as malformed: agent and hub must be of one version");
          tell("the hub rejects our frames: " + rejected.reason());
          rewind(frame, Map.of(), wakes);
        }
        case Reply.Busy busy -> throw new IllegalStateException("busy was waited out");
      }
      reuse(frame.writer());
      inFlight = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    wakes.forEach(Runnable::run);
  }

  /// Puts every stream of the refused frame, and of the frames behind it, back to where the hub has
  /// it.
  private void rewind(Packed refused, Map<String, StreamState> held, List<Runnable> wakes) {
    counters.conflicts.increment();
    epoch++;
    List<BatchHead> unsent = new ArrayList<>(refused.heads());
    unsent.addAll(packing);
    unsent.addAll(filling.heads());
    filling.clear();
    if (packed != null) {
      unsent.addAll(packed.heads());
      reuse(packed.writer());
      packed = null;
    }
    wanted = false;
    Set<String> touched = new HashSet<>();
    for (BatchHead batch : unsent) {
      HubLane lane = lanes.get(batch.stream().id());
      if (lane != null && touched.add(lane.id)) {
        lane.state = held.getOrDefault(lane.id, lane.durable);
        lane.durable = lane.state;
        wakes.add(lane.wake);
      }
    }
  }

  private void reuse(FrameWriter writer) {
    writer.clear();
    spare.add(writer);
  }

  private void tell(@Nullable String message) {
    lock.lock();
    try {
      if (message != null && trouble == null) {
        LOG.atWarn()
            .addKeyValue("cause", message)
            .log("Delivery waits; nothing is lost, it is tried again");
      } else if (message == null && trouble != null) {
        LOG.atInfo().log("Delivery goes on");
      }
      trouble = message;
    } finally {
      lock.unlock();
    }
  }

  /// The sender's, and before it is started the starter's.
  private void checkPatience() throws IOException {
    if (System.nanoTime() - waitingNanos > patienceNanos) {
      String reason = trouble();
      throw new IOException(
          reason != null ? reason : "the hub takes none of our frames: is there a second agent?");
    }
  }

  private void pause(long millis) throws InterruptedException {
    long left = TimeUnit.MILLISECONDS.toNanos(millis);
    lock.lockInterruptibly();
    try {
      while (left > 0 && !closed) {
        left = changed.awaitNanos(left);
      }
      if (closed) {
        throw new InterruptedException();
      }
    } finally {
      lock.unlock();
    }
  }

  /// A frame as it will be sent.
  private record Packed(FrameWriter writer, ByteBuffer bytes, List<BatchHead> heads) {}

  /// What a thread of ours does until it is closed.
  private interface Loop {
    void run() throws IOException, InterruptedException;
  }

  private final class HubLane implements Lane {
    private final String id;
    private final Runnable wake;
    private StreamState state;
    private StreamState durable;

    HubLane(String id, StreamState start, Runnable wake) {
      this.id = id;
      this.wake = wake;
      this.state = start;
      this.durable = start;
    }

    @Override
    public boolean send(RecordBatch batch) throws InterruptedException {
      long waitedFrom = 0;
      lock.lockInterruptibly();
      try {
        while (state.accepts(batch) && !closed && filling.isFull(batch)) {
          if (waitedFrom == 0) {
            waitedFrom = System.nanoTime();
          }
          if (!wanted) {
            wanted = true;
            changed.signalAll();
          }
          changed.await();
        }
        if (closed) {
          throw new InterruptedException("delivery was closed");
        }
        if (waitedFrom != 0) {
          counters.blockedNanos.add(System.nanoTime() - waitedFrom);
        }
        if (!state.accepts(batch)) {
          return false;
        }
        boolean first = filling.isEmpty();
        filling.add(batch);
        counters.received(batch.payload());
        state = batch.after();
        if (first) {
          changed.signalAll();
        }
        return true;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public StreamState state() {
      lock.lock();
      try {
        return state;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public StreamState durable() {
      lock.lock();
      try {
        return durable;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        lanes.remove(id, this);
      } finally {
        lock.unlock();
      }
    }
  }
}
