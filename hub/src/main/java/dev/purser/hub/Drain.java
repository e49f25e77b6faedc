package dev.purser.hub;

import dev.purser.core.frame.BatchHead;
import dev.purser.core.frame.Frame;
import dev.purser.core.frame.FrameFormatException;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.record.Gap;
import dev.purser.core.record.Position;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Stream;
import dev.purser.core.thread.Threads;
import dev.purser.core.wal.LogItem;
import dev.purser.core.wal.SegmentLog;
import dev.purser.lake.Lake;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries the write-ahead log into the lake: one thread that reads what is durable, from where the
/// lake's tables need it, and gives up the segments that the lake has committed.
final class Drain implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
  private static final long IDLE_MILLIS = 200;
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(2);

  private final SegmentLog log;
  private final Lake lake;
  private final Supplier<SegmentLog.Head> positions;
  private final InstantSource clock;
  private final long openedMicros;
  private final Consumer<Exception> onFailure;
  private final Thread thread;
  private volatile boolean closed;

  /// Up to where the lake has committed, as far as was seen.
  private long committed;

  /// Positions that are to be kept when the lake has all that they stand for; null before the
  /// first.
  private SegmentLog.@Nullable Head taken;

  /// @param positions tells the head that the log has at its end
  /// @param onFailure called once when the lake cannot go on; the hub must stop
  Drain(
      SegmentLog log,
      Lake lake,
      Supplier<SegmentLog.Head> positions,
      InstantSource clock,
      Consumer<Exception> onFailure) {
    this.log = log;
    this.lake = lake;
    this.positions = positions;
    this.clock = clock;
    this.openedMicros = log.lastMicros();
    this.onFailure = onFailure;
    this.thread = Thread.ofPlatform().name("wal-drain").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  @Override
  public void close() {
    closed = true;
    // It may be waiting for a commit to make room.
    Threads.awaitEnd(thread, CLOSE_DEADLINE);
  }

  private void run() {
    Threads.standBack();
    try {
      drain();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      fail(e);
    } catch (Error e) {
      fail(new IllegalStateException("the drain of the log ended: " + e, e));
    }
  }

  private void drain() throws IOException, InterruptedException {
    long at = Math.max(log.start(), lake.replayFrom());
    long lastMicros = 0;
    while (!closed) {
      long seen = log.durable();
      Optional<LogItem> item = log.read(at);
      if (item.isEmpty()) {
        lake.caughtUp(Math.max(openedMicros, lastMicros));
        release();
        log.awaitBeyond(seen, IDLE_MILLIS);
        continue;
      }
      at = item.get().next();
      lastMicros = timeOf(item.get(), lastMicros);
      lake.apply(at, lastMicros, batches(item.get(), lastMicros));
      release();
    }
  }

  /// Gives up what the lake has committed. The positions of streams are kept before, as far as it
  /// has what they stand for: else damage of the log makes agents send again what is in the tables.
  private void release() throws IOException {
    long now = lake.committed();
    if (now != committed) {
      committed = now;
      SegmentLog.Head head = taken == null ? positions.get() : taken;
      if (head.offset() <= now) {
        keep(head);
        head = positions.get();
      }
      taken = head;
    }
    log.release(now);
  }

  /// Without it, damage costs more; nothing else does.
  private void keep(SegmentLog.Head head) {
    try {
      log.keep(head);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("cause", e.getMessage())
          .log("The positions of streams cannot be kept beside the log; it is tried again");
    }
  }

  private void fail(Exception failure) {
    if (!closed) {
      onFailure.accept(failure);
    }
  }

  /// The ingest time of what an item holds, which no other item has.
  ///
  /// @param before that of the item before
  private long timeOf(LogItem item, long before) {
    return switch (item) {
      case LogItem.Entry entry -> Math.max(before, entry.timeMicros());
      // It held an entry, whose time lay between those beside it, or it is a segment's beginning,
      // which may not tell when it was made.
      case LogItem.Damage damage when before > 0 -> Math.max(before + 1, damage.timeMicros());
      case LogItem.Damage damage when damage.timeMicros() > 0 -> damage.timeMicros();
      case LogItem.Damage _ -> EpochMicros.now(clock);
    };
  }

  private List<RecordBatch> batches(LogItem item, long timeMicros) {
    return switch (item) {
      case LogItem.Entry entry -> records(entry);
      case LogItem.Damage damage -> List.of(damage(damage, timeMicros));
    };
  }

  private static List<RecordBatch> records(LogItem.Entry entry) {
    Frame frame;
    try {
      frame = Frame.parse(entry.payload());
    } catch (FrameFormatException e) {
      throw new IllegalStateException("a frame that was accepted does not parse", e);
    }
    try {
      return frame.batches();
    } catch (FrameFormatException e) {
      return unreadable(frame, entry.timeMicros(), String.valueOf(e.getMessage()));
    }
  }

  /// The records of a frame that passed its checksum but does not hold what its heads say: its
  /// sender is broken.
  private static List<RecordBatch> unreadable(Frame frame, long timeMicros, String why) {
    List<RecordBatch> gaps = new ArrayList<>();
    for (BatchHead head : frame.heads()) {
      Gap known = head.gap();
      Gap gap =
          known != null
              ? known
              : new Gap(
                  Gap.Reason.MALFORMED,
                  head.from(),
                  head.to(),
                  (long) head.count(),
                  timeMicros,
                  why);
      gaps.add(
          new RecordBatch(
              head.stream(), head.firstSeq(), head.from(), head.to(), gap, head.ended()));
    }
    return gaps;
  }

  private RecordBatch damage(LogItem.Damage damage, long timeMicros) {
    LOG.atError()
        .addKeyValue("offset", damage.offset())
        .addKeyValue("bytes", damage.next() - damage.offset())
        .log(
            "Damaged bytes of the write-ahead log, which are not in the tables yet, become a row of"
                + " gaps");
    Position from = new Position(Long.toString(damage.offset()));
    Position to = new Position(Long.toString(damage.next()));
    Stream stream = new Stream("wal/" + log.id() + "/" + damage.offset(), "wal", Map.of());
    Gap gap =
        new Gap(
            Gap.Reason.WAL_DAMAGED,
            from,
            to,
            null,
            timeMicros,
            "bytes of the hub's write-ahead log that do not check out; agents send again what they"
                + " still have of streams that came no further; "
                + (damage.isKept()
                    ? "a copy is in its quarantine directory"
                    : "no copy could be kept"));
    return new RecordBatch(stream, 0, Position.START, to, gap, true);
  }
}
