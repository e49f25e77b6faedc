package dev.purser.sources.logs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The incarnations that a source follows: of each file the one that stands for it now, and those
/// that only have something left to tell the hub. Changed by the thread that looks; read by any.
final class Followed {
  private final Map<FileId, Incarnation> current = new ConcurrentHashMap<>();
  private final List<Incarnation> leaving = new CopyOnWriteArrayList<>();

  /// All of them, those that leave first.
  Collection<Incarnation> all() {
    List<Incarnation> all = new ArrayList<>(leaving);
    all.addAll(current.values());
    return all;
  }

  /// Whether one of them is such. It is asked several times a second, and makes no copy of
  /// thousands.
  boolean any(Predicate<Incarnation> such) {
    for (Incarnation each : leaving) {
      if (such.test(each)) {
        return true;
      }
    }
    for (Incarnation each : current.values()) {
      if (such.test(each)) {
        return true;
      }
    }
    return false;
  }

  /// Those that stand for their files.
  Collection<Incarnation> current() {
    return Collections.unmodifiableCollection(current.values());
  }

  Collection<Incarnation> leaving() {
    return Collections.unmodifiableCollection(leaving);
  }

  @Nullable Incarnation of(FileId file) {
    return current.get(file);
  }

  boolean has(FileId file) {
    return current.containsKey(file);
  }

  /// The one of the file that is written under `base` now.
  Optional<Incarnation> written(Path base) {
    return current.values().stream()
        .filter(i -> !i.facts().gone() && !i.facts().rotated() && i.facts().base().equals(base))
        .findFirst();
  }

  /// Makes it the one that stands for its file.
  void follow(Incarnation incarnation) {
    current.put(incarnation.file(), incarnation);
  }

  void forget(FileId file) {
    current.remove(file);
  }

  /// It only has something left to tell the hub.
  void leave(Incarnation incarnation) {
    leaving.add(incarnation);
  }

  /// The hub has all that those that leave had to tell.
  void forgetLeft() {
    leaving.removeIf(each -> each.phase() == Incarnation.Phase.DONE);
  }
}
