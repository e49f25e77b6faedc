package dev.purser.sources.logs;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Who of the [FileSource]s of an agent reads a file that several of them match: the one that was
/// made first. Also gathers which of the hub's streams no source found again, and how far files
/// came that nobody follows any more. Thread-safe.
public final class Claims {
  /// A file that is being renamed can be missing from one listing, but not from two.
  private static final int LOOKS_UNTIL_GONE = 2;

  /// Of how many files it is remembered how far they came, in case they come back: with a volume
  /// that is mounted once more, or from another directory.
  private static final int MAX_PASTS = 10_000;

  private final HostRoot host;
  private final List<Claimant> claimants = new ArrayList<>();
  private final Set<String> adopted = new HashSet<>();
  private final Map<FileId, Claimant> taken = new ConcurrentHashMap<>();
  private final Map<FileId, Past> pasts =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<FileId, Past> eldest) {
          return size() > MAX_PASTS;
        }
      };

  /// Null until all sources have looked often enough.
  private @Nullable Set<String> orphans;

  public Claims() {
    this(HostRoot.SAME);
  }

  /// @param host whose files they are
  public Claims(HostRoot host) {
    this.host = host;
  }

  /// What became of a file that was followed since the start.
  ///
  /// @param last its last stream
  /// @param usedIds of the streams that it has had
  record Past(KnownStreams.Known last, Set<String> usedIds) {}

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
    return orphans == null && adopted.add(streamId);
  }

  /// Whether no source found the stream's file, so that its end was told, or is about to be.
  synchronized boolean isGivenUp(String streamId) {
    return orphans != null && orphans.contains(streamId);
  }

  /// Keeps for whoever takes it up again how far a file came that nobody follows.
  synchronized void remember(FileId file, Past past) {
    pasts.put(file, past);
  }

  /// Null when it was not followed since the start, or that was forgotten.
  synchronized @Nullable Past past(FileId file) {
    return pasts.get(file);
  }

  /// A file is followed again.
  synchronized void forgetPast(FileId file) {
    pasts.remove(file);
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
    if (orphans != null) {
      return Set.of();
    }
    orphans = new TreeSet<>(open);
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
