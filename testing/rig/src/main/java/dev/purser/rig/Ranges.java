package dev.purser.rig;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Numbers of which something was told.
final class Ranges {
  private final List<long[]> all = new ArrayList<>();

  /// @param to behind the last
  void add(long from, long to) {
    if (to > from) {
      all.add(new long[] {from, to});
    }
  }

  void addAll(Ranges others) {
    all.addAll(others.all);
  }

  /// How many were told more than once.
  long twice() {
    long sum = 0;
    long reached = 0;
    for (long[] range : sorted()) {
      sum += Math.max(0, Math.min(reached, range[1]) - range[0]);
      reached = Math.max(reached, range[1]);
    }
    return sum;
  }

  /// Numbers of which nothing was told, though they are below `end`, or below some that were told.
  Ranges missing(long end) {
    Ranges missing = new Ranges();
    long reached = 0;
    for (long[] range : sorted()) {
      missing.add(reached, range[0]);
      reached = Math.max(reached, range[1]);
    }
    missing.add(reached, end);
    return missing;
  }

  /// Whether something was told of any of them.
  boolean touches(long from, long to) {
    return all.stream().anyMatch(range -> range[0] < to && from < range[1]);
  }

  long count() {
    return all.stream().mapToLong(range -> range[1] - range[0]).sum();
  }

  /// Each range by its first and its last number.
  List<String> shown() {
    return all.stream().map(range -> range[0] + " to " + (range[1] - 1)).toList();
  }

  private List<long[]> sorted() {
    all.sort(Comparator.comparingLong(range -> range[0]));
    return all;
  }
}
