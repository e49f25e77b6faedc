package dev.purser.sources.logs.multiline;

/// What Ruby writes of exceptions, innermost frame first or last, and the bare backtraces of its
/// `Logger`.
final class RubyTrace {
  private static final int MAX_PATH = 300;

  // What a line is.
  private static final int OTHER = 0;

  /// The beginning of another record.
  private static final int TIME = 1;

  private static final int BLANK = 2;

  /// A place and a message: ``a.rb:1:in `f': message``.
  private static final int HEAD = 3;

  /// As HEAD, with the exception's class behind the message.
  private static final int CLASSED_HEAD = 4;

  /// A place alone.
  private static final int PLACE = 5;

  /// A tab, `from` and a place.
  private static final int FROM = 6;

  /// As FROM, with a number, in the order in which the innermost frame is last.
  private static final int NUMBERED = 7;

  /// How many frames are left out.
  private static final int LEVELS = 8;

  /// Marks of an excerpt, or a guess what was meant.
  private static final int HINT = 9;

  private static final int TRACEBACK = 10;
  private static final int KINDS = 11;

  // Behind which line it stands.
  private static final int MESSAGE = 1;
  private static final int FRAMES = 2;
  private static final int REVERSED = 3;

  /// Behind the headline that ends a reversed trace; the trace of what it caused may follow.
  private static final int LAST = 4;

  private static final int PLACES = 5;
  private static final int STATES = 6;

  static final Grammar GRAMMAR =
      Grammar.of(STATES, KINDS, RubyTrace::kind)
          .in(Rule.NONE)
          .maybe(MESSAGE, HEAD, CLASSED_HEAD)
          .on(FRAMES, FROM)
          .on(REVERSED, NUMBERED)
          .on(PLACES, PLACE)
          .maybe(REVERSED, TRACEBACK)
          .in(MESSAGE)
          .on(FRAMES, FROM)
          .on(MESSAGE, HINT)
          .maybe(MESSAGE, OTHER, BLANK)
          .in(FRAMES)
          .on(FRAMES, FROM, LEVELS)
          .on(MESSAGE, CLASSED_HEAD)
          .maybe(MESSAGE, HEAD)
          .in(REVERSED)
          .on(REVERSED, NUMBERED, LEVELS)
          .on(LAST, HEAD, CLASSED_HEAD)
          .in(LAST)
          .on(REVERSED, NUMBERED)
          .on(LAST, HINT)
          .maybe(LAST, OTHER, BLANK)
          .in(PLACES)
          .on(PLACES, PLACE)
          .build();

  private RubyTrace() {}

  private static int kind(Line line) {
    int first = line.at(0);
    return switch (first) {
      case Line.END -> BLANK;
      case '\t' -> indented(line);
      case ' ', '^', '~' -> line.isBlank() ? BLANK : line.isPointer() ? HINT : OTHER;
      case 'T' -> line.startsWith("Traceback (most recent call last)") ? TRACEBACK : place(line);
      case 'D' -> line.startsWith("Did you mean?") ? HINT : place(line);
      case '{' -> OTHER;
      default -> line.beginsWithTime() ? TIME : place(line);
    };
  }

  private static int indented(Line line) {
    int at = line.skipBlanks(0);
    if (line.startsWith(at, "from ")) {
      return FROM;
    }
    if (line.startsWith(at, "... ") && line.endsWith(" levels...")) {
      return LEVELS;
    }
    int digits = at;
    while (Line.isDigit(line.at(digits))) {
      digits++;
    }
    return digits > at && line.startsWith(digits, ": from ")
        ? NUMBERED
        : line.isPointer() ? HINT : OTHER;
  }

  /// Whether it begins with a path without spaces, a line number and the name of a method.
  private static int place(Line line) {
    int end = Math.min(line.length(), MAX_PATH);
    boolean inNumber = false;
    for (int i = 0; i < end; i++) {
      int c = line.at(i);
      if (c == ' ') {
        return OTHER;
      }
      if (c == ':' && inNumber && line.startsWith(i, ":in ") && isQuote(line.at(i + 4))) {
        return line.last() == '\'' ? PLACE : line.last() == ')' ? CLASSED_HEAD : HEAD;
      }
      inNumber = c == ':' ? Line.isDigit(line.at(i + 1)) : inNumber && Line.isDigit(c);
    }
    return OTHER;
  }

  private static boolean isQuote(int c) {
    return c == '`' || c == '\'';
  }
}
