package dev.purser.sources.logs.multiline;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// The beginning of an anchored pattern, as far as it is a row of characters and classes of them,
/// such as the whole of `^\d{4}-\d{2}-\d{2}`. It tells of most lines without the engine that they
/// do not match, and of the others too if it is the whole pattern. Immutable.
final class Prefix {
  private static final int MAX_LENGTH = 64;
  private static final String SPECIAL = "\\.+*?()[]{}|^$";

  private final List<BitSet> bytes;
  private final boolean whole;

  private Prefix(List<BitSet> bytes, boolean whole) {
    this.bytes = bytes;
    this.whole = whole;
  }

  /// @param pattern which the engine accepts
  static Optional<Prefix> of(String pattern) {
    if (!pattern.startsWith("^") || pattern.indexOf('|') >= 0 || pattern.contains("(?")) {
      return Optional.empty();
    }
    return new Parser(pattern).parse();
  }

  /// Whether all that matches the pattern is told by [#begins].
  boolean isWhole() {
    return whole;
  }

  /// Whether the line begins as what matches the pattern does.
  boolean begins(Line line) {
    for (int i = 0; i < bytes.size(); i++) {
      int c = line.at(i);
      if (c < 0 || !bytes.get(i).get(c)) {
        return false;
      }
    }
    return true;
  }

  private static final class Parser {
    private final String pattern;
    private final List<BitSet> bytes = new ArrayList<>();
    private int at = 1;

    Parser(String pattern) {
      this.pattern = pattern;
    }

    Optional<Prefix> parse() {
      boolean whole = false;
      while (true) {
        if (at == pattern.length()) {
          whole = true;
          break;
        }
        BitSet atom = atom();
        if (atom.isEmpty()) {
          break;
        }
        int times = times();
        for (int i = 0; i < times; i++) {
          bytes.add(atom);
        }
        if (times == 0 || bytes.size() > MAX_LENGTH) {
          break;
        }
        if (next() == '+') {
          whole = at + 1 == pattern.length();
          break;
        }
      }
      return bytes.isEmpty() || bytes.size() > MAX_LENGTH
          ? Optional.empty()
          : Optional.of(new Prefix(bytes, whole));
    }

    private int next() {
      return at < pattern.length() ? pattern.charAt(at) : -1;
    }

    /// The next character or class; empty if it is something else.
    private BitSet atom() {
      int c = next();
      if (c == '\\') {
        at++;
        return escape();
      }
      BitSet atom = new BitSet();
      if (c == '[') {
        at++;
        return set();
      }
      if (c >= ' ' && c < 127 && SPECIAL.indexOf(c) < 0) {
        at++;
        atom.set(c);
      }
      return atom;
    }

    /// What stands behind a backslash.
    private BitSet escape() {
      BitSet atom = new BitSet();
      int c = next();
      switch (c) {
        case 'd' -> atom.set('0', '9' + 1);
        case 'w' -> {
          atom.set('0', '9' + 1);
          atom.set('A', 'Z' + 1);
          atom.set('a', 'z' + 1);
          atom.set('_');
        }
        case 's' -> "\t\n\f\r ".chars().forEach(atom::set);
        case 't' -> atom.set('\t');
        default -> {
          if (c > ' ' && c < 127 && !Line.isLetter(c) && !Line.isDigit(c)) {
            atom.set(c);
          }
        }
      }
      at++;
      return atom;
    }

    /// What stands behind an opening bracket, up to the closing one.
    private BitSet set() {
      BitSet atom = new BitSet();
      if (next() == '^' || next() == ']') {
        return new BitSet();
      }
      while (next() != ']') {
        int c = next();
        at++;
        if (c == '\\') {
          BitSet escaped = escape();
          if (escaped.isEmpty() || next() == '-') {
            return new BitSet();
          }
          atom.or(escaped);
        } else if (c < ' ' || c >= 127 || c == '[' || c == '-') {
          return new BitSet();
        } else if (next() == '-') {
          at++;
          int last = next();
          at++;
          if (last < c || last >= 127 || SPECIAL.indexOf(last) >= 0) {
            return new BitSet();
          }
          atom.set(c, last + 1);
        } else {
          atom.set(c);
        }
      }
      at++;
      return atom;
    }

    /// How often the atom stands at least, where that is told simply; 0 if the prefix ends before
    /// it.
    private int times() {
      int c = next();
      if (c == '*' || c == '?') {
        return 0;
      }
      if (c != '{') {
        return 1;
      }
      int close = pattern.indexOf('}', at);
      int count = 0;
      for (int i = at + 1; i < close; i++) {
        if (!Line.isDigit(pattern.charAt(i)) || count > MAX_LENGTH) {
          return 0;
        }
        count = 10 * count + pattern.charAt(i) - '0';
      }
      boolean isPlain =
          close + 1 == pattern.length() || "*+?{".indexOf(pattern.charAt(close + 1)) < 0;
      if (!isPlain || count > MAX_LENGTH) {
        return 0;
      }
      at = close + 1;
      return count;
    }
  }
}
