package dev.purser.sources.logs;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/// What the owners of pods wish of the output of their containers that cannot be: told as long as
/// the container is known. Thread-safe.
final class WrongAnnotations {
  private static final int MAX_PROBLEMS = 20;

  private final Predicate<Path> isKnown;
  private final Map<Path, String> byLog = new ConcurrentHashMap<>();

  /// @param isKnown whether it is known which container writes or wrote its output to a file
  WrongAnnotations(Predicate<Path> isKnown) {
    this.isKnown = isKnown;
  }

  /// @param log to which the container writes its output
  void tell(Path log, String problem) {
    if (byLog.put(log, problem) == null) {
      forget();
    }
  }

  /// The container's annotations are right now.
  void clear(Path log) {
    byLog.remove(log);
  }

  /// One line for each pod.
  List<String> problems() {
    forget();
    return byLog.values().stream().distinct().sorted().limit(MAX_PROBLEMS).toList();
  }

  /// Of how many containers something is told.
  int size() {
    return byLog.size();
  }

  private void forget() {
    byLog.keySet().removeIf(isKnown.negate());
  }
}
