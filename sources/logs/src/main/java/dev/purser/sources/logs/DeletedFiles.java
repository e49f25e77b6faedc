package dev.purser.sources.logs;

import dev.purser.core.config.DataSize;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Keeps what deleted files take of the disk below a limit.
///
/// They are held open until they are read, which may be long when the hub is away, and the disk is
/// the node's. Of whoever has most of them, the oldest is given up: one container that writes much
/// costs no other a line. Owned by the thread that looks.
final class DeletedFiles {
  private static final Comparator<Incarnation> OLDEST =
      Comparator.<Incarnation>comparingLong(each -> each.file().birthNanos())
          .thenComparingLong(each -> each.facts().quietSinceMicros());

  private final DataSize limit;

  /// Those that were missing at the last look too: others may just be on their way to another name.
  private Set<Incarnation> missing = Set.of();

  private record Deleted(Incarnation of, long size) {}

  /// @param limit of all of them together
  DeletedFiles(DataSize limit) {
    this.limit = limit;
  }

  /// Gives up what is too much.
  ///
  /// @param now those that no path shows, and of which no other file may hold the bytes
  void see(Collection<Incarnation> now) {
    List<Deleted> deleted = new ArrayList<>();
    long sum = 0;
    for (Incarnation each : now) {
      long size = size(each);
      if (size > 0 && missing.contains(each)) {
        deleted.add(new Deleted(each, size));
        sum += size;
      }
    }
    missing = new HashSet<>(now);
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
              + ": deleted, and given up before it was read: deleted files held more than "
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
      return each.isOpen() ? each.size() : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
