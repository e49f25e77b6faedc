package dev.purser.sources.logs.multiline;

/// What Node.js writes of errors: the source excerpt of an uncaught one, its message and frames,
/// its properties and causes in braces, the version behind it.
final class NodeTrace {
  private static final int MAX_NAME = 200;
  private static final String UNCAUGHT = "Uncaught ";

  // What a line is.
  private static final int OTHER = 0;

  /// The beginning of another record, or part of another language's trace.
  private static final int FOREIGN = 1;

  private static final int BLANK = 2;

  /// `/srv/app.js:12`, in front of an excerpt.
  private static final int SOURCE = 3;

  private static final int POINTER = 4;

  /// The name of an error.
  private static final int HEAD = 5;

  /// Another name and a colon.
  private static final int NAME = 6;

  /// An error without frames, and a brace.
  private static final int HEAD_OPEN = 7;

  private static final int FRAME = 8;
  private static final int FRAME_OPEN = 9;
  private static final int INDENTED = 10;
  private static final int CLOSE = 11;
  private static final int CAUSE = 12;
  private static final int VERSION = 13;
  private static final int KINDS = 14;

  // Behind which line it stands.
  private static final int LOCATED = 1;
  private static final int EXCERPT = 2;
  private static final int POINTED = 3;
  private static final int NAMED = 4;
  private static final int MESSAGE = 5;
  private static final int FRAMES = 6;
  private static final int PROPERTIES = 7;
  private static final int CLOSED = 8;
  private static final int DONE = 9;
  private static final int STATES = 10;

  static final Grammar GRAMMAR =
      Grammar.of(STATES, KINDS, NodeTrace::kind)
          .in(Rule.NONE)
          .maybe(LOCATED, SOURCE)
          .maybe(MESSAGE, HEAD)
          .maybe(NAMED, NAME)
          .maybe(PROPERTIES, HEAD_OPEN)
          .on(FRAMES, FRAME)
          .on(PROPERTIES, FRAME_OPEN)
          .in(LOCATED)
          .maybe(EXCERPT, OTHER, INDENTED, HEAD, NAME, HEAD_OPEN, CLOSE, FRAME, FRAME_OPEN, SOURCE)
          .in(EXCERPT)
          .on(POINTED, POINTER)
          .in(POINTED)
          .maybe(POINTED, BLANK)
          .maybe(MESSAGE, HEAD, NAME, OTHER)
          .maybe(PROPERTIES, HEAD_OPEN)
          .in(NAMED)
          .on(FRAMES, FRAME)
          .on(PROPERTIES, FRAME_OPEN)
          .in(MESSAGE)
          .on(FRAMES, FRAME)
          .on(PROPERTIES, FRAME_OPEN)
          .on(DONE, VERSION)
          .maybe(MESSAGE, OTHER, INDENTED, NAME, POINTER, CLOSE, BLANK)
          .in(FRAMES)
          .on(FRAMES, FRAME)
          .on(PROPERTIES, FRAME_OPEN)
          .on(MESSAGE, CAUSE)
          .maybe(CLOSED, BLANK)
          .in(PROPERTIES)
          .on(PROPERTIES, INDENTED, FRAME, FRAME_OPEN, POINTER)
          .on(CLOSED, CLOSE)
          .in(CLOSED)
          .maybe(CLOSED, BLANK)
          .on(DONE, VERSION)
          .build();

  private NodeTrace() {}

  private static int kind(Line line) {
    int first = line.at(0);
    return switch (first) {
      case Line.END -> BLANK;
      case ' ', '^' -> indented(line);
      case '\t' -> line.isPointer() ? POINTER : FOREIGN;
      case '}' -> CLOSE;
      case '{' -> OTHER;
      case '[' -> bracket(line);
      case '(' -> line.startsWith("(node:") ? NAME : OTHER;
      default -> Line.isDigit(first) ? FOREIGN : word(line);
    };
  }

  private static int indented(Line line) {
    int at = line.count(0, ' ');
    if (at >= 4 && line.startsWith(at, "at ")) {
      return line.endsWith(" {") ? FRAME_OPEN : FRAME;
    }
    if (at == 3 && line.startsWith(at, "at ")) {
      return FOREIGN;
    }
    if (at >= 4 && line.startsWith(at, "... ") && line.endsWith(" stack trace ...")) {
      return FRAME;
    }
    return line.isPointer() ? POINTER : at == line.length() ? BLANK : INDENTED;
  }

  private static int bracket(Line line) {
    if (Line.isDigit(line.at(1))) {
      return FOREIGN;
    }
    boolean isError = Line.isLetter(line.at(1)) && line.endsWith("] {");
    return isError && name(line, 1) == HEAD ? HEAD_OPEN : OTHER;
  }

  private static int word(Line line) {
    if (Line.isDigit(line.last()) && isSource(line)) {
      return SOURCE;
    }
    if (line.startsWith("Node.js v")) {
      return VERSION;
    }
    if (line.startsWith("Caused by: ") || line.startsWith("caused by: ")) {
      return CAUSE;
    }
    return name(line, line.startsWith(UNCAUGHT) ? UNCAUGHT.length() : 0);
  }

  /// Whether it has no space, and a line number at its end.
  private static boolean isSource(Line line) {
    int end = Math.min(line.length(), MAX_NAME);
    boolean inNumber = false;
    for (int i = 0; i < end; i++) {
      int c = line.at(i);
      if (c == ' ') {
        return false;
      }
      inNumber = c == ':' || (inNumber && Line.isDigit(c));
    }
    return inNumber;
  }

  /// What begins with a name, which a code in brackets may follow: `TypeError [ERR_X]: message`.
  private static int name(Line line, int start) {
    boolean isError = false;
    int i = start;
    for (; i < MAX_NAME; i++) {
      int c = line.at(i);
      if (c == 'E' && (line.startsWith(i, "Error") || line.startsWith(i, "Exception"))) {
        isError = true;
      } else if (!Line.isLetter(c) && !Line.isDigit(c) && c != '_' && c != '$') {
        break;
      }
    }
    if (i == start) {
      return OTHER;
    }
    if (isError && line.startsWith(i, " [")) {
      return HEAD;
    }
    boolean hasMessage = line.at(i) == ':';
    if (isError) {
      return hasMessage || i >= line.length() ? HEAD : OTHER;
    }
    return hasMessage ? NAME : OTHER;
  }
}
