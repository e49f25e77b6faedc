package dev.purser.sources.logs.multiline;

import java.util.Arrays;
import java.util.function.ToIntFunction;

/// The stack traces of a language: which kinds of lines it has, and a table of what may follow
/// what.
final class Grammar {
  private final ToIntFunction<Line> kindOf;
  private final int kinds;
  private final byte[] next;

  private Grammar(ToIntFunction<Line> kindOf, int kinds, byte[] next) {
    this.kindOf = kindOf;
    this.kinds = kinds;
    this.next = next;
  }

  int next(int state, Line line) {
    return next[state * kinds + kindOf.applyAsInt(line)] & 0xff;
  }

  /// @param states how many there are, [Rule#NONE] among them
  /// @param kinds how many `kindOf` tells
  static Builder of(int states, int kinds, ToIntFunction<Line> kindOf) {
    return new Builder(states, kinds, kindOf);
  }

  /// Fills the table; what is not named leads out of the record.
  static final class Builder {
    private final ToIntFunction<Line> kindOf;
    private final int kinds;
    private final byte[] next;
    private int state;

    private Builder(int states, int kinds, ToIntFunction<Line> kindOf) {
      this.kindOf = kindOf;
      this.kinds = kinds;
      this.next = new byte[states * kinds];
    }

    Builder in(int newState) {
      state = newState;
      return this;
    }

    /// Lines of these kinds belong to the record.
    Builder on(int to, int... lineKinds) {
      return put(to, lineKinds);
    }

    /// Lines of these kinds belong to it if a line to come does.
    Builder maybe(int to, int... lineKinds) {
      return put(to | Rule.MAYBE, lineKinds);
    }

    Grammar build() {
      return new Grammar(kindOf, kinds, Arrays.copyOf(next, next.length));
    }

    private Builder put(int to, int... lineKinds) {
      for (int kind : lineKinds) {
        next[state * kinds + kind] = (byte) to;
      }
      return this;
    }
  }
}
