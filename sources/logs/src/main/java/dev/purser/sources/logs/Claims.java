package dev.purser.sources.logs;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/// Who of the [FileSource]s of an agent reads a file that several of them match: the one that was
/// made first. Also gathers which of the hub's streams no source found again. Thread-safe.
public final class Claims {
  /// A file that is being renamed can be missing from one listing, but not from two.
  private static final int LOOKS_UNTIL_GONE = 2;

  private final HostRoot host;
  private final List<Claimant> claimants = new ArrayList<>();
  private final Set<String> adopted = new HashSet<>();
  private final Map<FileId, Claimant> taken = new ConcurrentHashMap<>();
  private boolean orphansTaken;

  public Claims() {
    this(HostRoot.SAME);
  }

  /// @param host whose files they are
  public Claims(HostRoot host) {
    this.host = host;
  }

  /// A source, to its peers.
  static final class Claimant {
    private final List<FilePattern> patterns;
    private final List<Path> exclude;
    private int completeLooks;

    private Claimant(List<FilePattern> patterns, List<Path> exclude) {
      this.patterns = patterns;
      this.exclude = exclude;
    }

    /// Whether its patterns match the file, by its path alone.
    boolean covers(Path path) {
      return exclude.stream().noneMatch(path::startsWith)
          && patterns.stream().anyMatch(pattern -> pattern.covers(path));
    }
  }

  HostRoot host() {
    return host;
  }

  synchronized Claimant register(List<FilePattern> patterns, List<Path> exclude) {
    Claimant claimant = new Claimant(patterns, exclude);
    claimants.add(claimant);
    return claimant;
  }

  /// Whether no source in front of `claimant` matches the file, under the name given or the one
  /// behind its links, and `claimant` does not exclude the latter.
  boolean isFree(Claimant claimant, Path path) {
    Path real = realPath(path);
    if (claimant.exclude.stream().anyMatch(real::startsWith)) {
      return false;
    }
    for (Claimant other : before(claimant)) {
      if (other.covers(path) || other.covers(real)) {
        return false;
      }
    }
    return true;
  }

  /// Makes a file the claimant's, under whatever names it may have: of those that could read it the
  /// first does.
  ///
  /// @return false when it is another's
  boolean take(Claimant claimant, FileId file) {
    Claimant first = taken.putIfAbsent(file, claimant);
    return first == null || first == claimant;
  }

  /// Gives up the claimant's files but those wanted: their numbers may soon be those of others.
  void keep(Claimant claimant, Predicate<FileId> wanted) {
    taken.entrySet().removeIf(each -> each.getValue() == claimant && !wanted.test(each.getKey()));
  }

  /// Says that a stream's file was found.
  synchronized void adopt(String streamId) {
    adopted.add(streamId);
  }

  /// Takes over a stream whose file no source found.
  ///
  /// @return whether it was still to be had
  synchronized boolean adoptOrphan(String streamId) {
    return !orphansTaken && adopted.add(streamId);
  }

  /// Says that `claimant` has listed all its directories once more.
  ///
  /// @return of `open`, the hub's streams of files that have not ended, those that no source found:
  ///   once, to one source, when all have looked often enough
  synchronized Set<String> looked(Claimant claimant, Set<String> open) {
    claimant.completeLooks++;
    for (Claimant each : claimants) {
      if (each.completeLooks < LOOKS_UNTIL_GONE) {
        return Set.of();
      }
    }
    if (orphansTaken) {
      return Set.of();
    }
    orphansTaken = true;
    Set<String> orphans = new TreeSet<>(open);
    orphans.removeAll(adopted);
    return orphans;
  }

  private synchronized List<Claimant> before(Claimant claimant) {
    return List.copyOf(claimants.subList(0, claimants.indexOf(claimant)));
  }

  private Path realPath(Path path) {
    try {
      return host.real(path);
    } catch (IOException e) {
      return path;
    }
  }
}
