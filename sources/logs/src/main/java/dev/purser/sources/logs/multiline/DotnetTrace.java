package dev.purser.sources.logs.multiline;

/// What .NET's `Exception.ToString` writes, with inner exceptions and the marks of awaited calls;
/// and the entries of its console logger, which are a headline and indented lines.
final class DotnetTrace {
  private static final int MAX_NAME = 200;
  private static final String UNHANDLED = "Unhandled exception. ";

  // What a line is.
  private static final int OTHER = 0;

  /// The beginning of another record, or part of another language's trace.
  private static final int FOREIGN = 1;

  private static final int BLANK = 2;

  /// The name of an exception.
  private static final int HEAD = 3;

  /// Another qualified name.
  private static final int NAME = 4;

  private static final int FRAME = 5;

  /// ` ---> ` and an inner exception.
  private static final int INNER = 6;

  /// `--- End of inner exception stack trace ---` and the like.
  private static final int END = 7;

  /// `fail: App.Category[0]`.
  private static final int ENTRY = 8;

  /// Indented as the console logger does.
  private static final int INDENTED = 9;

  /// The last frame of one of several inner exceptions; an empty line follows.
  private static final int LAST_FRAME = 10;

  private static final int KINDS = 11;

  // Behind which line it stands.
  private static final int NAMED = 1;
  private static final int MESSAGE = 2;
  private static final int FRAMES = 3;
  private static final int LOGGED = 4;
  private static final int INNER_END = 5;
  private static final int STATES = 6;

  static final Grammar GRAMMAR =
      Grammar.of(STATES, KINDS, DotnetTrace::kind)
          .in(Rule.NONE)
          .maybe(MESSAGE, HEAD)
          .maybe(NAMED, NAME)
          .maybe(LOGGED, ENTRY)
          .on(FRAMES, FRAME, END)
          .on(MESSAGE, INNER)
          .in(NAMED)
          .on(FRAMES, FRAME)
          .on(MESSAGE, INNER)
          .in(MESSAGE)
          .on(FRAMES, FRAME, END)
          .on(INNER_END, LAST_FRAME)
          .on(MESSAGE, INNER)
          .maybe(MESSAGE, OTHER, INDENTED, BLANK)
          .in(FRAMES)
          .on(FRAMES, FRAME, END)
          .on(MESSAGE, INNER)
          .maybe(FRAMES, BLANK)
          .on(INNER_END, LAST_FRAME)
          .in(INNER_END)
          .on(FRAMES, FRAME, END, BLANK)
          .on(MESSAGE, INNER)
          .in(LOGGED)
          .on(LOGGED, INDENTED)
          .build();

  private DotnetTrace() {}

  private static int kind(Line line) {
    int first = line.at(0);
    return switch (first) {
      case Line.END -> BLANK;
      case ' ' -> indented(line);
      case '\t' -> FOREIGN;
      case '-' -> line.startsWith("--- End of ") ? END : OTHER;
      case 'U' ->
          line.startsWith(UNHANDLED) || line.startsWith("Unhandled Exception: ")
              ? HEAD
              : name(line);
      default ->
          line.beginsWithTime()
              ? FOREIGN
              : !Line.isLetter(first) ? OTHER : isEntry(line) ? ENTRY : name(line);
    };
  }

  private static int indented(Line line) {
    int at = line.count(0, ' ');
    if (at >= 6) {
      return INDENTED;
    }
    if (line.startsWith(at, "at ")) {
      return at != 3 ? FOREIGN : line.endsWith("<---") ? LAST_FRAME : FRAME;
    }
    if (line.startsWith(at, "---> ")) {
      return INNER;
    }
    return line.startsWith(at, "--- End of ") ? END : at == line.length() ? BLANK : OTHER;
  }

  private static boolean isEntry(Line line) {
    if (line.at(4) != ':' || line.at(5) != ' ' || line.last() != ']') {
      return false;
    }
    return switch (line.at(0)) {
      case 'f' -> line.startsWith("fail");
      case 'w' -> line.startsWith("warn");
      case 'i' -> line.startsWith("info");
      case 'c' -> line.startsWith("crit");
      case 'd' -> line.startsWith("dbug");
      case 't' -> line.startsWith("trce");
      default -> false;
    };
  }

  private static int name(Line line) {
    boolean isQualified = false;
    boolean isException = false;
    int i = 1;
    for (; i < MAX_NAME; i++) {
      int c = line.at(i);
      if (c == '.' || c == '+') {
        isQualified = true;
      } else if (c == 'E' && line.startsWith(i, "Exception")) {
        isException = true;
      } else if (!Line.isLetter(c) && !Line.isDigit(c) && c != '_' && c != '`') {
        break;
      }
    }
    if (line.at(i) != ':' && !(line.at(i) == ' ' && line.at(i + 1) == '(')) {
      return OTHER;
    }
    return isException ? HEAD : isQualified ? NAME : OTHER;
  }
}
