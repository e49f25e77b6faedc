package dev.purser.sources.logs;

import dev.purser.core.config.DataSize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/// Keeps what deleted files hold until the hub has it, and what they take of the disk below a
/// limit.
///
/// They are held open until they are read, which may be long when the hub is away: then they are
/// copied to the [Spool], so that they outlive the agent. The disk is the node's. Of whoever has
/// most of them, the oldest is given up: one container that writes much costs no other a line.
/// Owned by the thread that looks.
final class DeletedFiles {
  private static final Comparator<Deleted> OLDEST =
      Comparator.<Deleted>comparingLong(each -> each.of().file().birthNanos())
          .thenComparingLong(each -> each.of().facts().quietSinceMicros());

  /// What became of such a file, behind its path.
  static final String GIVEN_UP = ": deleted, and given up before it was read";

  /// A hub that took nothing of a file for so long may not do so soon.
  private static final long PATIENCE_MICROS = 1_000_000;

  private final DataSize limit;
  private final Spool spool;

  /// Those that were missing at the last look.
  private Map<Incarnation, Waiting> waiting = Map.of();

  /// @param delivered up to where the hub has it
  /// @param sinceMicros since when it is up to there
  /// @param sure whether two listings were without it: after one, it may just be on its way to
  ///   another name
  private record Waiting(long delivered, long sinceMicros, boolean sure) {}

  /// @param size how much of the disk the file takes, as long as it is open
  private record Deleted(Incarnation of, long size) {}

  /// Whose files are written under one path.
  private static final class Owner {
    private final Queue<Deleted> oldestFirst = new PriorityQueue<>(OLDEST);
    private long held;
  }

  /// @param limit of all of them together, and of their copies
  DeletedFiles(DataSize limit, Spool spool) {
    this.limit = limit;
    this.spool = spool;
  }

  /// Keeps what the hub does not get, and gives up what is too much.
  ///
  /// @param now those that no path shows, and of which no other file may hold the bytes
  /// @param isMissing whether this look tells that of one of them; else one before it did
  void see(Collection<Incarnation> now, Predicate<Incarnation> isMissing, long nowMicros) {
    spool.tidy();
    Map<Incarnation, Waiting> seen = new HashMap<>();
    List<Deleted> deleted = new ArrayList<>();
    List<Incarnation> stuck = new ArrayList<>();
    for (Incarnation each : now) {
      Waiting before = waiting.get(each);
      long delivered = each.delivered();
      boolean sure = before != null && (before.sure() || isMissing.test(each));
      long since =
          before != null && before.delivered() == delivered ? before.sinceMicros() : nowMicros;
      seen.put(each, new Waiting(delivered, since, sure));
      if (sure) {
        deleted.add(new Deleted(each, size(each)));
      }
      if (nowMicros - since >= PATIENCE_MICROS) {
        stuck.add(each);
      }
    }
    waiting = seen;
    long sum = comeBelowLimit(deleted);
    for (Incarnation each : stuck) {
      long before = spool.bytes(each);
      spool.keep(each, nowMicros, limit.bytes() - sum);
      sum += spool.bytes(each) - before;
    }
  }

  /// Keeps all that are missing, at the end: the agent after this one may not find them.
  void keepAll() {
    waiting.keySet().forEach(spool::keepAtEnd);
  }

  /// Gives up copies of files that are there still, and where that is not enough, files.
  ///
  /// @return how much those that are left take
  private long comeBelowLimit(List<Deleted> deleted) {
    List<Deleted> twice = new ArrayList<>();
    long sum = 0;
    for (Deleted each : deleted) {
      long copied = spool.bytes(each.of());
      sum += each.size() + copied;
      if (each.size() > 0 && copied > 0) {
        twice.add(each);
      }
    }
    sum =
        reduce(
            sum,
            twice,
            each -> {
              long copied = spool.bytes(each.of());
              spool.release(each.of());
              return copied;
            });
    return reduce(
        sum,
        deleted,
        each -> {
          long held = held(each);
          return giveUp(each.of()) ? held : 0;
        });
  }

  /// @param frees what it gets it gives up, if it can, and says how much that took
  private long reduce(long sum, List<Deleted> from, ToLongFunction<Deleted> frees) {
    if (sum <= limit.bytes()) {
      return sum;
    }
    long rest = sum;
    Queue<Owner> owners = largestFirst(from);
    while (rest > limit.bytes() && !owners.isEmpty()) {
      Owner largest = owners.remove();
      Deleted oldest = largest.oldestFirst.remove();
      largest.held -= held(oldest);
      rest -= frees.applyAsLong(oldest);
      if (!largest.oldestFirst.isEmpty()) {
        owners.add(largest);
      }
    }
    return rest;
  }

  /// While the hub is away there may be thousands, most of which were given up before.
  private Queue<Owner> largestFirst(List<Deleted> deleted) {
    Map<Path, Owner> owners = new HashMap<>();
    for (Deleted each : deleted) {
      long held = held(each);
      if (held > 0) {
        Owner owner = owners.computeIfAbsent(each.of().facts().base(), _ -> new Owner());
        owner.oldestFirst.add(each);
        owner.held += held;
      }
    }
    Queue<Owner> all =
        new PriorityQueue<>(Comparator.<Owner>comparingLong(owner -> owner.held).reversed());
    all.addAll(owners.values());
    return all;
  }

  private long held(Deleted each) {
    return each.size() + spool.bytes(each.of());
  }

  /// @return false when it is being read right now: then it may end by itself
  private boolean giveUp(Incarnation each) {
    if (!each.lock().tryLock()) {
      return false;
    }
    try {
      boolean isGivenUp =
          each.giveUp(
              each.facts().path()
                  + GIVEN_UP
                  + ": deleted files held more than "
                  + limit
                  + " (heldBytes)");
      if (isGivenUp) {
        spool.giveUp(each);
      }
      return isGivenUp;
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
