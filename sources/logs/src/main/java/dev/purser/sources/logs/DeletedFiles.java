package dev.purser.sources.logs;

import dev.purser.core.config.DataSize;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Keeps what deleted files hold until the hub has it, and what they take of the disk below a
/// limit.
///
/// They are held open until they are read, which may be long when the hub is away: then they are
/// copied to the [Spool], so that they outlive the agent. The disk is the node's. Of whoever has
/// most of them, the oldest is given up: one container that writes much costs no other a line.
/// Owned by the thread that looks.
final class DeletedFiles {
  private static final Comparator<Incarnation> OLDEST =
      Comparator.<Incarnation>comparingLong(each -> each.file().birthNanos())
          .thenComparingLong(each -> each.facts().quietSinceMicros());

  /// What became of such a file, behind its path.
  static final String GIVEN_UP = ": deleted, and given up before it was read";

  /// For so long the hub may well have a deleted file soon.
  private static final long PATIENCE_MICROS = 1_000_000;

  private final DataSize limit;
  private final Spool spool;

  /// Since when those that were missing at the last look are: others may just be on their way to
  /// another name.
  private Map<Incarnation, Long> missingSince = Map.of();

  private record Deleted(Incarnation of, long size) {}

  /// @param limit of all of them together
  DeletedFiles(DataSize limit, Spool spool) {
    this.limit = limit;
    this.spool = spool;
  }

  /// Keeps what the hub does not get, and gives up what is too much.
  ///
  /// @param now those that no path shows, and of which no other file may hold the bytes
  void see(Collection<Incarnation> now, long nowMicros) {
    List<Deleted> deleted = new ArrayList<>();
    Map<Incarnation, Long> since = new HashMap<>();
    long sum = 0;
    for (Incarnation each : now) {
      Long before = missingSince.get(each);
      since.put(each, before == null ? nowMicros : before);
      if (before == null) {
        continue;
      }
      if (nowMicros - before >= PATIENCE_MICROS) {
        spool.keep(each, nowMicros);
      }
      long size = size(each) + spool.bytes(each);
      if (size > 0) {
        deleted.add(new Deleted(each, size));
        sum += size;
      }
    }
    missingSince = since;
    spool.tidy();
    while (sum > limit.bytes()) {
      Optional<Deleted> most = oldestOfTheLargest(deleted);
      if (most.isEmpty()) {
        return;
      }
      deleted.remove(most.get());
      if (giveUp(most.get().of())) {
        sum -= most.get().size();
      }
    }
  }

  /// Keeps all that are missing, at the end: the agent after this one may not find them.
  void keepAll(long nowMicros) {
    missingSince.keySet().forEach(each -> spool.keepAtEnd(each, nowMicros));
  }

  private static Optional<Deleted> oldestOfTheLargest(List<Deleted> deleted) {
    return deleted.stream()
        .collect(Collectors.groupingBy(each -> each.of().facts().base()))
        .values()
        .stream()
        .max(Comparator.comparingLong(files -> files.stream().mapToLong(Deleted::size).sum()))
        .flatMap(files -> files.stream().min(Comparator.comparing(Deleted::of, OLDEST)));
  }

  /// @return false when it is being read right now: then it may end by itself
  private boolean giveUp(Incarnation each) {
    if (!each.lock().tryLock()) {
      return false;
    }
    try {
      return each.giveUp(
          each.facts().path()
              + GIVEN_UP
              + ": deleted files held more than "
              + limit
              + " (heldBytes)");
    } catch (IOException e) {
      each.report(each.facts().path() + ": cannot be read: " + e.getMessage());
      return false;
    } finally {
      each.lock().unlock();
    }
  }

  private static long size(Incarnation each) {
    try {
      return each.isOpen() && !each.isSpooled() ? each.size() : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
