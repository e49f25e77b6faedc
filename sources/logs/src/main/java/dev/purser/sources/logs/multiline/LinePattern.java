package dev.purser.sources.logs.multiline;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A pattern that the first lines of records match, or all but the first. It may match anywhere in
/// the line. Immutable.
public final class LinePattern implements Rule {
  private static final int MAX_CHARS = 1000;

  /// The engine calls itself up to three times for each of what it repeats, and looks at each for
  /// every character of a line. Patterns come with pods, and readers are shared by all of them.
  private static final int MAX_SIZE = 2_500;

  /// Where a group begins and where it ends.
  private static final int GROUP_SIZE = 2;

  private static final int OPEN = 1;

  /// In RE2's syntax, which knows no back references: it takes a time in proportion to the line.
  private final Pattern pattern;

  private final boolean isStart;
  private final @Nullable Prefix prefix;

  private LinePattern(String pattern, boolean isStart) {
    this.pattern = compile(pattern);
    this.isStart = isStart;
    this.prefix = Prefix.of(pattern).orElse(null);
  }

  /// First lines match, and no other.
  static LinePattern start(String pattern) {
    return new LinePattern(pattern, true);
  }

  /// All lines but the first match.
  static LinePattern continuation(String pattern) {
    return new LinePattern(pattern, false);
  }

  @Override
  public int next(int state, Line line) {
    return state == NONE || matches(line) != isStart ? OPEN : NONE;
  }

  @Override
  public boolean mayBegin(int first) {
    return true;
  }

  boolean matches(Line line) {
    Prefix begin = prefix;
    if (begin != null && !begin.begins(line)) {
      return false;
    }
    return (begin != null && begin.isWhole()) || pattern.matcher(line.toText()).find();
  }

  private static Pattern compile(String text) {
    if (text.isEmpty() || text.length() > MAX_CHARS) {
      throw new IllegalArgumentException(
          "expected a pattern of 1 to " + MAX_CHARS + " characters, found " + text.length());
    }
    if (size(text) > MAX_SIZE) {
      throw new IllegalArgumentException(
          "the pattern repeats too much; use smaller counts: \"" + text + "\"");
    }
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "no pattern in RE2's syntax: " + e.getDescription() + " in \"" + text + "\"", e);
    }
  }

  /// How many atoms the engine will make of a pattern, as it writes repetitions out: about, and up
  /// to a little more than what is allowed. Nothing that the engine refuses makes it fail.
  private static long size(String text) {
    ArrayDeque<Long> outer = new ArrayDeque<>();
    long sum = 0;
    long last = 0;
    for (int i = 0; i < text.length() && sum + last <= MAX_SIZE; i++) {
      char c = text.charAt(i);
      if (c == '(') {
        outer.push(sum + last);
        sum = 0;
        last = 0;
      } else if (c == ')' && !outer.isEmpty()) {
        last += sum + GROUP_SIZE;
        sum = outer.pop();
      } else if (c == '{') {
        last *= Math.max(1, largestCount(text, i + 1));
      } else {
        sum += last;
        last = 1;
        i += c == '\\' ? 1 : 0;
      }
    }
    return sum + last;
  }

  /// The larger of the counts that stand at `from`.
  private static int largestCount(String text, int from) {
    int largest = 0;
    int number = 0;
    for (int i = from; i < text.length() && text.charAt(i) != '}'; i++) {
      int digit = Character.digit(text.charAt(i), 10);
      number = digit < 0 ? 0 : Math.min(MAX_SIZE, 10 * number + digit);
      largest = Math.max(largest, number);
    }
    return largest;
  }
}
