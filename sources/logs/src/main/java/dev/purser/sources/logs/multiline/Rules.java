package dev.purser.sources.logs.multiline;

import java.util.List;

/// Rules in the order in which they are asked. Immutable, used by several threads at once.
public final class Rules {
  private final Rule[] all;
  private final int[] candidates = new int[Line.END + 1];

  public Rules(List<Rule> rules) {
    all = rules.toArray(Rule[]::new);
    for (int i = 0; i < all.length; i++) {
      for (int first = 0; first < candidates.length; first++) {
        candidates[first] |= all[i].mayBegin(first) ? 1 << i : 0;
      }
    }
  }

  /// The rules that may take the line for the first of a record of several, one bit each; by the
  /// line's first byte alone, as most lines are none.
  int candidates(Line line) {
    return candidates[line.first()];
  }

  Rule get(int number) {
    return all[number];
  }
}
