package dev.purser.sources.logs.multiline;

/// What `Throwable.printStackTrace` and the common log libraries write.
///
/// The first line is a qualified class name with or without a message, which may have several
/// lines. Frames that stand without one, such as those of a trace that was cut, are a record too.
final class JavaTrace {
  private static final int MAX_NAME = 200;

  // What a line is.
  private static final int OTHER = 0;

  /// The beginning of another record, or part of another language's trace.
  private static final int FOREIGN = 1;

  /// The name of an exception.
  private static final int HEAD = 2;

  /// Another qualified name.
  private static final int NAME = 3;

  private static final int FRAME = 4;

  /// Something else that is indented by a tab.
  private static final int INDENTED = 5;

  private static final int CAUSE = 6;

  /// A place of Reactor's assembly trace; the headline of a further trace may follow.
  private static final int SITE = 7;

  private static final int KINDS = 8;

  // Behind which line it stands.
  private static final int NAMED = 1;
  private static final int MESSAGE = 2;
  private static final int FRAMES = 3;
  private static final int STATES = 4;

  static final Grammar GRAMMAR =
      Grammar.of(STATES, KINDS, JavaTrace::kind)
          .in(Rule.NONE)
          .maybe(MESSAGE, HEAD)
          .maybe(NAMED, NAME)
          .on(FRAMES, FRAME)
          .on(MESSAGE, CAUSE)
          .in(NAMED)
          .on(FRAMES, FRAME)
          .in(MESSAGE)
          .on(FRAMES, FRAME)
          .on(MESSAGE, CAUSE, SITE)
          .maybe(MESSAGE, OTHER, INDENTED)
          .in(FRAMES)
          .on(FRAMES, FRAME, INDENTED)
          .on(MESSAGE, CAUSE, SITE)
          .build();

  private JavaTrace() {}

  private static int kind(Line line) {
    int first = line.at(0);
    if (first == '\t') {
      return behindTabs(line, line.count(0, '\t'));
    }
    if (first == ' ') {
      int at = line.count(0, ' ');
      return !line.startsWith(at, "at ") ? OTHER : at >= 4 ? FRAME : FOREIGN;
    }
    if (first == 'C' && line.startsWith("Caused by: ")) {
      return CAUSE;
    }
    if (first == 'W' && line.startsWith("Wrapped by: ")) {
      return CAUSE;
    }
    if (first == '.' && isMore(line, 0)) {
      return FRAME;
    }
    if (first == 'E' && line.startsWith("Exception in thread \"")) {
      return HEAD;
    }
    return Line.isLetter(first) ? name(line) : line.beginsWithTime() ? FOREIGN : OTHER;
  }

  private static int behindTabs(Line line, int at) {
    return switch (line.at(at)) {
      case 'a' -> line.startsWith(at, "at ") ? FRAME : INDENTED;
      case '.' -> isMore(line, at) ? FRAME : INDENTED;
      case 'S' -> line.startsWith(at, "Suppressed: ") ? CAUSE : INDENTED;
      case 'C' -> line.startsWith(at, "Caused by: ") ? CAUSE : INDENTED;
      case '*', '|' -> SITE;
      default -> INDENTED;
    };
  }

  /// `... 12 more` or `... 12 common frames omitted`.
  private static boolean isMore(Line line, int at) {
    return line.startsWith(at, "... ") && Line.isDigit(line.at(at + 4));
  }

  /// Whether it begins with a class name in a package, alone or in front of a colon.
  private static int name(Line line) {
    int part = -1;
    boolean isException = false;
    int i = 1;
    for (; i < MAX_NAME; i++) {
      int c = line.at(i);
      if (c == '.' || c == '$') {
        part = i;
      } else if (c == 'E' && (line.startsWith(i, "Exception") || line.startsWith(i, "Error"))) {
        isException = true;
      } else if (c == 'T' && line.startsWith(i, "Throwable")) {
        isException = true;
      } else if (!Line.isLetter(c) && !Line.isDigit(c) && c != '_' && c != '-') {
        break;
      }
    }
    boolean isName = part > 0 && (i >= line.length() || line.at(i) == ':');
    return !isName ? OTHER : isException ? HEAD : NAME;
  }
}
