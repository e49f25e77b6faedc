package dev.purser.sources.logs;

import dev.purser.core.record.Gap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Files that were seen, or of which the kernel told, and that nobody has opened: those that are
/// gone are lost. Owned by the thread that looks.
final class Missed {
  /// What overflows without end is told so often.
  private static final long OVERFLOWS_APART_MICROS = 60_000_000;

  private final Surroundings surroundings;
  private final Finder finder;
  private final Followed followed;
  private final Map<FileId, Unopened> unopened = new HashMap<>();
  private final Births births = new Births();

  /// Of files that have several, those that the last look did not take them by.
  private Map<Path, FileId> otherNames = Map.of();

  /// How often the kernel dropped some of its word since that was told.
  private long overflows;

  private long overflowsToldMicros;
  private long lastLookMicros;
  private long unseen;

  /// A file that was seen and could not be opened.
  ///
  /// @param going whether it went from under whoever was about to open it
  /// @param missingSinceMicros since when looks that would have found it did not; else 0
  /// @param problem why it cannot be opened
  private record Unopened(
      FoundFile file, boolean going, long missingSinceMicros, @Nullable String problem) {
    Unopened missing(long sinceMicros) {
      return new Unopened(file, true, sinceMicros, null);
    }

    Unopened notMissing() {
      return new Unopened(file, going, 0, problem);
    }
  }

  Missed(Surroundings surroundings, Finder finder, Followed followed) {
    this.surroundings = surroundings;
    this.finder = finder;
    this.followed = followed;
    this.lastLookMicros = surroundings.nowMicros();
  }

  /// The kernel told of files that were made.
  ///
  /// @param isOurs whether a file of that path is this source's
  void told(Map<Path, Integer> made, Predicate<Path> isOurs) {
    births.told(made, path -> finder.isWritten(path) && isOurs.test(path));
  }

  /// The kernel had to drop some of its word.
  void overflown() {
    overflows++;
  }

  /// Where files were made that no look has found yet, or went before they could be opened.
  Set<Path> directories() {
    Set<Path> directories = births.directories();
    for (Unopened each : unopened.values()) {
      Path directory = each.file().path().getParent();
      if (each.going() && directory != null) {
        directories.add(directory);
      }
    }
    return directories;
  }

  /// A file was found, and was gone or another when it was to be opened.
  void add(FoundFile file) {
    unopened.put(file.id(), new Unopened(file, true, 0, null));
  }

  /// A file was found and cannot be opened.
  void add(FoundFile file, String problem) {
    unopened.put(file.id(), new Unopened(file, false, 0, problem));
  }

  /// A file was found that is not to be opened yet.
  void postpone(FoundFile file) {
    unopened.put(file.id(), new Unopened(file, false, 0, null));
  }

  void opened(FoundFile file) {
    unopened.remove(file.id());
  }

  boolean has(FileId file) {
    return unopened.containsKey(file);
  }

  /// Whether a look soon may find what the kernel told of, or what could not be opened.
  boolean isUndecided() {
    return births.isUndecided()
        || unopened.values().stream()
            .anyMatch(each -> each.going() && each.missingSinceMicros() > 0);
  }

  List<String> problems() {
    return unopened.values().stream().map(Unopened::problem).filter(Objects::nonNull).toList();
  }

  /// Tells the files that are new from those of which the kernel spoke in vain.
  ///
  /// @param files that a look found
  /// @param others under which some of them lie too
  /// @param seen those that the look before it found
  /// @param begunMicros when the look began
  /// @return what is lost
  List<Incarnation> count(
      List<FoundFile> files, List<FoundFile> others, Set<FileId> seen, long begunMicros) {
    for (FoundFile file : files) {
      Incarnation known = followed.of(file.id());
      boolean isNew = known == null && !seen.contains(file.id()) && !has(file.id());
      // A link is a birth that leads to a file that is known.
      boolean isNewName =
          known != null && !file.isRotated() && !known.facts().path().equals(file.path());
      if (isNew || isNewName) {
        // Of another name of a known file nobody knows when it was made.
        births.found(file.base(), isNew && file.id().isBornBefore(lastLookMicros));
      }
    }
    // A file is made under one of its names; it is counted under the others too, but for one under
    // which it was followed before.
    Map<Path, FileId> names = new HashMap<>();
    for (FoundFile other : others) {
      Incarnation known = followed.of(other.id());
      names.put(other.path(), other.id());
      if (!other.id().equals(otherNames.get(other.path()))
          && (known == null || !known.facts().path().equals(other.path()))) {
        births.found(other.base(), false);
      }
    }
    otherNames = names;
    lastLookMicros = begunMicros;
    List<Incarnation> lost = new ArrayList<>();
    births
        .lost(finder::isOther, begunMicros)
        .forEach((base, count) -> lost.add(unseen(base, count)));
    boolean isDue = Math.abs(begunMicros - overflowsToldMicros) >= OVERFLOWS_APART_MICROS;
    if (overflows > 0 && (isDue || surroundings.reachesEnd().getAsBoolean())) {
      lost.add(untold(overflows));
      overflows = 0;
      overflowsToldMicros = begunMicros;
    }
    return lost;
  }

  /// Looks which of those that were not opened are gone.
  ///
  /// @param files that a look found which took none of [#directories] as it was
  /// @param everything whether it took nothing as it was
  /// @return what is lost
  List<Incarnation> gone(Set<FileId> files, boolean everything, long nowMicros) {
    List<Incarnation> lost = new ArrayList<>();
    for (Unopened each : List.copyOf(unopened.values())) {
      FileId id = each.file().id();
      if (files.contains(id) || (!everything && !each.going())) {
        continue;
      }
      if (!finder.isGone(each.file().path())) {
        unopened.put(id, each.notMissing());
        continue;
      }
      if (each.problem() != null && each.file().stat().size() == 0) {
        // It was not to be opened and stayed empty. Of any other, the last look's size is no limit.
        unopened.remove(id);
      } else if (each.missingSinceMicros() == 0 || nowMicros < each.missingSinceMicros()) {
        unopened.put(id, each.missing(nowMicros));
      } else if (nowMicros - each.missingSinceMicros() >= Births.MISSING_MICROS) {
        unopened.remove(id);
        lost.add(unread(each.file()));
      }
    }
    return lost;
  }

  private Incarnation unread(FoundFile file) {
    long idleMicros = surroundings.config().idle().toNanos() / 1000;
    return lost(
        file.id(),
        Facts.of(file, null, surroundings.nowMicros(), idleMicros),
        file.path()
            + ": deleted before it could be opened; it had at least the bytes that are named");
  }

  private Incarnation unseen(Path base, long count) {
    return nameless(
        base,
        base
            + ": "
            + (count == 1
                ? "a file was begun and deleted before it could be opened"
                : count + " files were begun and deleted before they could be opened"));
  }

  private Incarnation untold(long times) {
    return nameless(
        Path.of("/"),
        surroundings.config().name()
            + ": files that were begun and deleted at once may be missing: inotify's queue overflowed "
            + (times == 1 ? "once" : times + " times")
            + "; raise fs.inotify.max_queued_events (sysctl)");
  }

  /// Of which nothing is known but the path.
  private Incarnation nameless(Path base, String detail) {
    long now = surroundings.nowMicros();
    return lost(
        new FileId(0, ++unseen, now * 1000),
        new Facts(base, base, false, true, 0, now, true),
        detail);
  }

  private Incarnation lost(FileId file, Facts facts, String detail) {
    Incarnation lost =
        new Incarnation(
            surroundings,
            file,
            new CopyOnWriteArraySet<>(),
            Incarnation.Phase.LOST,
            facts,
            Fingerprint.EMPTY,
            null);
    lost.lose(Gap.Reason.DELETED_UNREAD, detail, -1);
    return lost;
  }
}
