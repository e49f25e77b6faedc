package dev.purser.sources.logs;

import dev.purser.core.source.Volume;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Adds up what became of the bytes of each container, or each file, over all incarnations of its
/// files. A container is known until some minutes after its last file went. Thread-safe.
final class Volumes {
  private static final Duration KEPT = Duration.ofMinutes(5);

  /// So many that went are kept; those that went first are forgotten first.
  private static final int MOST_GONE = 10_000;

  private final String source;

  /// With what each is of; empty while that is not known.
  private final Map<Incarnation, Map<String, String>> followed = new HashMap<>();

  /// What these are of, each once: the files of a container share it.
  private final Map<Map<String, String>, Map<String, String>> subjects = new HashMap<>();

  private final Map<Map<String, String>, Past> past = new HashMap<>();

  /// What incarnations that have ended leave behind.
  ///
  /// @param seenMicros when the last of its files was there
  private record Past(Volume volume, long seenMicros) {}

  /// @param source name of the source, for files that are no container's
  Volumes(String source) {
    this.source = source;
  }

  /// Counts an incarnation from now on.
  synchronized void add(Incarnation incarnation) {
    followed.put(incarnation, Map.of());
  }

  /// Keeps the figures of incarnations that have ended, and forgets those of containers that went.
  ///
  /// @param left the incarnations that have not ended
  synchronized void settle(Collection<Incarnation> left, long nowMicros) {
    Set<Incarnation> present = new HashSet<>(left);
    followed.replaceAll(this::subject);
    followed.forEach((incarnation, subject) -> {
      if (subject.isEmpty()) {
        return;
      }
      if (!present.contains(incarnation)) {
        past.merge(
            subject,
            new Past(incarnation.volume(subject), nowMicros),
            (before, last) -> new Past(before.volume.plus(last.volume), nowMicros));
      } else {
        past.computeIfPresent(subject, (_, before) -> new Past(before.volume, nowMicros));
      }
    });
    if (followed.keySet().retainAll(present)) {
      subjects.keySet().retainAll(Set.copyOf(followed.values()));
    }
    long oldest = nowMicros - KEPT.toNanos() / 1000;
    past.values().removeIf(each -> each.seenMicros <= oldest);
    past.values().stream()
        .sorted(Comparator.comparingLong(Past::seenMicros))
        .limit(Math.max(0, past.size() - MOST_GONE))
        .toList()
        .forEach(each -> past.remove(each.volume.subject()));
  }

  synchronized List<Volume> now() {
    Map<Map<String, String>, Volume> sums = new HashMap<>();
    past.forEach((subject, before) -> sums.put(subject, before.volume));
    followed.replaceAll(this::subject);
    followed.forEach((incarnation, subject) -> {
      if (!subject.isEmpty()) {
        sums.merge(subject, incarnation.volume(subject), Volume::plus);
      }
    });
    return List.copyOf(sums.values());
  }

  /// Empty while it is not known whose bytes they are, and for a stream whose file is not known.
  private Map<String, String> subject(Incarnation incarnation, Map<String, String> known) {
    if (!known.isEmpty()) {
      return known;
    }
    Map<String, String> told = incarnation.context();
    Map<String, String> subject = new HashMap<>();
    if (told.containsKey(LogContext.CONTAINER)) {
      for (String key : LogContext.OF_CONTAINER) {
        subject.put(key, told.getOrDefault(key, ""));
      }
    } else if (told.containsKey(LogContext.FILE)) {
      subject.put("source", source);
      subject.put(LogContext.FILE, told.getOrDefault(LogContext.FILE, ""));
    }
    Map<String, String> own = Map.copyOf(subject);
    return subjects.computeIfAbsent(own, _ -> own);
  }
}
