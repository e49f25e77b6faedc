package dev.purser.agent;

import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.StreamState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The hub, with what passes waited out: that it has no room, that it does not answer. Each method
/// that waits throws an [IOException] once the hub took nothing for as long as patience lasts, and
/// an [InterruptedException] once this is closed. Thread-safe.
final class PatientHub implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PatientHub.class);
  private static final long FIRST_WAIT_MILLIS = 100;
  private static final long LONGEST_WAIT_MILLIS = 5_000;

  private final Ingest hub;
  private final String agentId;
  private final long patienceNanos;
  private final DeliveryCounters counters;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int underWay;

  /// Since when the hub has not taken what there is to take.
  private long waitingNanos = System.nanoTime();

  /// How often in a row it took nothing.
  private int refusals;

  private @Nullable String trouble;
  private boolean closed;

  PatientHub(Ingest hub, String agentId, Duration patience, DeliveryCounters counters) {
    this.hub = hub;
    this.agentId = agentId;
    this.patienceNanos = TimeUnit.NANOSECONDS.convert(patience);
    this.counters = counters;
  }

  /// Sends a frame until the hub decides.
  ///
  /// @return accepted, conflict or rejected; null when it is unknown whether it was stored
  @Nullable Reply append(ByteBuffer frame) throws IOException, InterruptedException {
    begin();
    try {
      for (int tries = 0; ; tries++) {
        Reply reply;
        try {
          reply = hub.append(frame.duplicate());
        } catch (IOException e) {
          counters.errors.increment();
          tell(String.valueOf(e.getMessage()));
          return null;
        }
        if (isDecision(reply)) {
          return reply;
        }
        pause(tries);
      }
    } finally {
      end();
    }
  }

  /// Where the hub has this agent's streams.
  Map<String, StreamState> streams() throws IOException, InterruptedException {
    for (int failures = 0; ; failures++) {
      try {
        Map<String, StreamState> held = hub.streams(agentId);
        tell(null);
        return held;
      } catch (IOException e) {
        counters.errors.increment();
        tell(String.valueOf(e.getMessage()));
      }
      pause(failures);
    }
  }

  /// Waits before something is tried again that was not taken, the longer the more often: it may
  /// not change at once, as with two agents of one identity, or a hub of another version.
  void awaitAnotherTry() throws IOException, InterruptedException {
    int before;
    lock.lock();
    try {
      before = refusals++;
    } finally {
      lock.unlock();
    }
    pause(before);
  }

  /// The hub has what there was to take.
  void took() {
    lock.lock();
    try {
      waitingNanos = System.nanoTime();
      refusals = 0;
    } finally {
      lock.unlock();
    }
    tell(null);
  }

  /// What keeps records from being delivered now; null when nothing does.
  @Nullable String trouble() {
    lock.lock();
    try {
      return trouble;
    } finally {
      lock.unlock();
    }
  }

  /// Ends all waits. Calls under way are not broken off.
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// A conflict leaves the trouble as it is: it may be a follower's, and the trouble the first's.
  private boolean isDecision(Reply reply) {
    switch (reply) {
      case Reply.Busy busy -> {
        counters.busy.increment();
        tell("the hub has no room: " + busy.reason());
      }
      case Reply.Accepted accepted -> took();
      case Reply.Conflict _ -> {}
      case Reply.Rejected rejected -> {
        LOG.atError()
            .addKeyValue("reason", rejected.reason())
            .log("The hub rejects a frame as malformed: agent and hub must be of one version");
        tell("the hub rejects our frames: " + rejected.reason());
      }
    }
    return !(reply instanceof Reply.Busy);
  }

  private void begin() {
    lock.lock();
    try {
      if (underWay++ == 0 && refusals == 0) {
        waitingNanos = System.nanoTime();
      }
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    lock.lock();
    try {
      underWay--;
    } finally {
      lock.unlock();
    }
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

  private void pause(int tries) throws IOException, InterruptedException {
    // 100 ms shifted by more than 6 is above the longest.
    long millis = Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(tries, 6));
    long left = TimeUnit.MILLISECONDS.toNanos(millis);
    lock.lockInterruptibly();
    try {
      if (System.nanoTime() - waitingNanos > patienceNanos) {
        throw new IOException(
            trouble != null
                ? trouble
                : "the hub takes none of our frames: is there a second agent?");
      }
      while (left > 0 && !closed) {
        left = changed.awaitNanos(left);
      }
      if (closed) {
        throw new InterruptedException("delivery was closed");
      }
    } finally {
      lock.unlock();
    }
  }
}
