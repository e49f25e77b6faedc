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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
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
/// Under load a few frames are in flight, so that the hub receives one while its disk takes
/// another; the next is packed meanwhile, and one more fills. Batches are copied when sent;
/// [Lane#send] waits when there is no room.
///
/// The hub's positions are the authority. Frames end in the order in which they were begun; one
/// that overtook another is sent again when that was taken. When the hub does not take one, no
/// other is begun until those in flight have ended; then each stream concerned goes on from where
/// the hub says. So does every stream when the hub has started anew. Thread-safe.
public final class Delivery implements Outbox, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
  private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /// So many that the hub finds the next one there when it was kept from receiving for a while.
  private static final int MAX_IN_FLIGHT = 6;

  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(2);
  private static final long MIN_JOIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final PatientHub hub;
  private final UUID agent;
  private final InstantSource clock;
  private final DeliveryCounters counters = new DeliveryCounters();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /// For senders without a frame: one of them is woken when one can be sent, not all.
  private final Condition sendable = lock.newCondition();

  private final Map<String, HubLane> lanes = new HashMap<>();
  private final Thread packer;
  private final List<Thread> senders = new ArrayList<>();

  /// Those in flight, the oldest first.
  private final Deque<Packed> inFlight = new ArrayDeque<>();

  /// Those that the hub did not take, until all in flight have ended.
  private final List<Packed> refused = new ArrayList<>();

  /// Where the hub has their streams, by its answers to those that were first in flight.
  private final Map<String, StreamState> held = new HashMap<>();

  private boolean heldUnknown;

  /// How many may be in flight: one when the last were not all taken as they came. What made them
  /// overtake each other, or share a connection too slow for all, may go on.
  private int window = MAX_IN_FLIGHT;

  private final FrameArrays arrays = new FrameArrays(MAX_IN_FLIGHT);
  private FrameWriter filling;
  private FrameWriter spare;

  /// Of the frame that is being compressed.
  private List<BatchHead> packing = List.of();

  private @Nullable Packed packed;
  private long packedFrames;

  /// Where the hub has all streams: when it was asked, and of those whose lane was closed since,
  /// then.
  private Map<String, StreamState> known = new ConcurrentHashMap<>();

  /// The start of the hub that was last asked for all; null before the first.
  private volatile @Nullable UUID hubStart;

  /// Set when somebody waits for room, so that the frame goes at once.
  private boolean wanted;

  /// Counts what was sent back: a frame that was begun before is void.
  private long epoch;

  private boolean closed;
  private @Nullable IOException failure;

  /// @param frameBytes how many bytes of records one frame collects
  /// @param patience how long the hub may be without an answer, or without room, until delivery
  ///   fails
  public Delivery(Ingest hub, UUID agent, int frameBytes, Duration patience, InstantSource clock) {
    this.hub = new PatientHub(hub, agent.toString(), patience, counters);
    this.agent = agent;
    this.clock = clock;
    this.filling = new FrameWriter(frameBytes);
    this.spare = filling.another();
    this.packer = Thread.ofPlatform().name("frame-packer").unstarted(() -> run(this::packLoop));
    for (int i = 0; i < MAX_IN_FLIGHT; i++) {
      senders.add(Thread.ofPlatform().name("delivery-" + i).unstarted(() -> run(this::sendLoop)));
    }
  }

  /// Asks the hub for the positions of this agent's streams, and begins to deliver.
  ///
  /// @throws IOException when patience has ended
  public void start() throws IOException, InterruptedException {
    Map<String, StreamState> atStart = new ConcurrentHashMap<>(hub.streams());
    lock.lock();
    try {
      known = atStart;
    } finally {
      lock.unlock();
    }
    packer.start();
    senders.forEach(Thread::start);
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
      while (!inFlight.isEmpty()
          || !refused.isEmpty()
          || !packing.isEmpty()
          || packed != null
          || !filling.isEmpty()) {
        if (closed) {
          throw new InterruptedException("delivery was closed");
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Hears which start of the hub it is that answers. One that it does not know is asked for all,
  /// as it may have less than one before had acknowledged.
  ///
  /// @throws IOException when it was not asked; the next call tries again
  void met(UUID start) throws IOException, InterruptedException {
    if (!start.equals(hubStart)) {
      Map<String, StreamState> _ = askForAll();
      hubStart = start;
    }
  }

  /// What keeps records from being delivered now; null when nothing does.
  public @Nullable String trouble() {
    Optional<IOException> end = failure();
    return end.isPresent() ? end.get().getMessage() : hub.trouble();
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
      return (long) filling.dataBytes() + (packed == null ? 0 : packed.dataBytes());
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
    // Calls under way may end by themselves.
    long deadline = System.nanoTime() + CLOSE_DEADLINE.toNanos();
    for (Thread sender : senders) {
      long left = Math.max(MIN_JOIN_NANOS, deadline - System.nanoTime());
      Threads.awaitEnd(sender, Duration.ofNanos(left));
    }
    closeWriters();
  }

  private void closeWriters() {
    lock.lock();
    try {
      // Else it may still compress one of them, in code that nobody stops.
      if (!packer.isAlive()) {
        filling.close();
        spare.close();
      }
    } finally {
      lock.unlock();
    }
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
        filling = spare;
        wanted = false;
        packing = writer.heads();
        begun = epoch;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      ByteBuffer bytes =
          writer.finish(agent, new Clocks(EpochMicros.now(clock), System.nanoTime()), arrays::take);
      lock.lock();
      try {
        if (begun == epoch) {
          packed = new Packed(++packedFrames, bytes, packing, writer.dataBytes());
          sendable.signal();
        }
        packing = List.of();
        writer.clear();
        spare = writer;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /// Waits for batches and lets a little more gather; while frames are in flight, for all that the
  /// next one can take.
  ///
  /// @return false when closed
  private boolean awaitPacking() throws InterruptedException {
    while (true) {
      while (!closed && (packed != null || filling.isEmpty() || (!inFlight.isEmpty() && !wanted))) {
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
    for (Packed frame = takeFrame(); frame != null; frame = takeFrame()) {
      if (settle(frame, send(frame))) {
        hub.awaitAnotherTry();
        sendBack(heldByHub());
      }
    }
  }

  /// Sends a frame, and waits until those before it have ended.
  ///
  /// @return null when it is unknown where the hub is
  private @Nullable Reply send(Packed frame) throws IOException, InterruptedException {
    boolean first = isFirst(frame);
    Reply reply = hub.append(frame.bytes());
    if (first || !(reply instanceof Reply.Conflict)) {
      awaitTurn(frame);
      return reply;
    }
    // It overtook those before it, or they were not taken.
    beginNoOther();
    return awaitTurn(frame) ? hub.append(frame.bytes()) : null;
  }

  private void fail(IOException e) {
    lock.lock();
    try {
      failure = e;
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
      sendable.signalAll();
    } finally {
      lock.unlock();
    }
    hub.close();
  }

  /// Waits for a frame; null when closed.
  private @Nullable Packed takeFrame() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed && (packed == null || !refused.isEmpty() || inFlight.size() >= window)) {
        sendable.await();
      }
      if (closed) {
        return null;
      }
      Packed frame = Objects.requireNonNull(packed);
      packed = null;
      inFlight.addLast(frame);
      changed.signalAll();
      return frame;
    } finally {
      lock.unlock();
    }
  }

  private boolean isFirst(Packed frame) {
    lock.lock();
    try {
      return inFlight.getFirst().number() == frame.number();
    } finally {
      lock.unlock();
    }
  }

  private void beginNoOther() {
    lock.lock();
    try {
      window = 1;
    } finally {
      lock.unlock();
    }
  }

  /// Waits until each frame before this one has ended.
  ///
  /// @return whether the hub took them
  private boolean awaitTurn(Packed frame) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (inFlight.getFirst().number() != frame.number()) {
        if (closed) {
          throw new InterruptedException("delivery was closed");
        }
        changed.await();
      }
      return refused.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /// Ends a frame.
  ///
  /// @param reply null when it is unknown where the hub is
  /// @return whether it was the last in flight and something is to be sent back
  private boolean settle(Packed frame, @Nullable Reply reply) {
    lock.lock();
    try {
      inFlight.removeFirst();
      if (reply instanceof Reply.Accepted) {
        accept(frame);
        if (inFlight.isEmpty()) {
          window = MAX_IN_FLIGHT;
        }
      } else {
        refused.add(frame);
        window = 1;
        if (reply instanceof Reply.Conflict conflict) {
          held.putAll(conflict.held());
        } else if (reply == null) {
          heldUnknown = true;
        }
      }
      if (reply != null) {
        // Else a call that failed may still be reading it.
        arrays.give(frame.bytes());
      }
      if (inFlight.isEmpty()) {
        arrays.rest();
      }
      changed.signalAll();
      sendable.signal();
      return inFlight.isEmpty() && !refused.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private void accept(Packed frame) {
    for (BatchHead batch : frame.heads()) {
      counters.sent(batch);
      HubLane lane = lanes.get(batch.stream().id());
      if (lane != null) {
        // Mostly one state, where thousands of lanes are quiet.
        StreamState after = batch.after();
        lane.durable = after.equals(lane.state) ? lane.state : after;
      }
    }
  }

  /// Where the hub has the streams, by its answers where they tell, else asked.
  private Map<String, StreamState> heldByHub() throws IOException, InterruptedException {
    Map<String, StreamState> answered;
    lock.lock();
    try {
      answered = Map.copyOf(held);
      if (!heldUnknown) {
        return answered;
      }
    } finally {
      lock.unlock();
    }
    Map<String, StreamState> all = new HashMap<>(askForAll());
    all.putAll(answered);
    return all;
  }

  /// Asks the hub where it has all streams. Those of which nothing is under way go on from there;
  /// the others would meet a conflict.
  private Map<String, StreamState> askForAll() throws IOException, InterruptedException {
    Map<HubLane, StreamState> quiet = new HashMap<>();
    lock.lockInterruptibly();
    try {
      for (HubLane lane : lanes.values()) {
        if (lane.state.equals(lane.durable)) {
          quiet.put(lane, lane.state);
        }
      }
    } finally {
      lock.unlock();
    }
    Map<String, StreamState> all = new ConcurrentHashMap<>(hub.streams());
    List<Runnable> wakes = new ArrayList<>();
    lock.lock();
    try {
      known = all;
      quiet.forEach((lane, before) -> {
        // A stream that ended is forgotten in time.
        StreamState held = all.getOrDefault(lane.id, before.ended() ? before : StreamState.NEW);
        if (lane.state.equals(before) && !held.equals(before)) {
          lane.state = held;
          lane.durable = held;
          wakes.add(lane.wake);
        }
      });
      // What moved since is known better here: nobody shall go back to an answer that is old.
      lanes.values().forEach(lane -> all.put(lane.id, lane.durable));
    } finally {
      lock.unlock();
    }
    if (!wakes.isEmpty()) {
      counters.conflicts.increment();
      LOG.atWarn()
          .addKeyValue("streams", wakes.size())
          .log("The hub has less than it had acknowledged; what is still there is sent again");
    }
    wakes.forEach(Runnable::run);
    return all;
  }

  /// Puts every stream of the refused frames, and of those behind them, back to where the hub has
  /// it.
  private void sendBack(Map<String, StreamState> authority) {
    List<Runnable> wakes = new ArrayList<>();
    boolean hubHasAll = true;
    lock.lock();
    try {
      counters.conflicts.increment();
      epoch++;
      List<BatchHead> unsent = new ArrayList<>();
      refused.forEach(frame -> unsent.addAll(frame.heads()));
      if (packed != null) {
        unsent.addAll(packed.heads());
        packed = null;
      }
      unsent.addAll(packing);
      unsent.addAll(filling.heads());
      filling.clear();
      refused.clear();
      held.clear();
      heldUnknown = false;
      wanted = false;
      Set<String> touched = new HashSet<>();
      for (BatchHead batch : unsent) {
        StreamState at = authority.get(batch.stream().id());
        hubHasAll &= at != null && at.nextSeq() >= batch.after().nextSeq();
        HubLane lane = lanes.get(batch.stream().id());
        if (lane != null && touched.add(lane.id)) {
          lane.state = authority.getOrDefault(lane.id, lane.durable);
          lane.durable = lane.state;
          wakes.add(lane.wake);
        }
      }
      changed.signalAll();
      sendable.signal();
    } finally {
      lock.unlock();
    }
    if (hubHasAll) {
      hub.took();
    }
    wakes.forEach(Runnable::run);
  }

  /// A frame as it will be sent.
  ///
  /// @param number counts them
  /// @param dataBytes of records in it
  private record Packed(long number, ByteBuffer bytes, List<BatchHead> heads, int dataBytes) {}

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
        if (lanes.remove(id, this)) {
          if (durable.ended()) {
            known.remove(id);
          } else {
            known.put(id, durable);
          }
        }
      } finally {
        lock.unlock();
      }
    }
  }
}
