package dev.purser.sources.logs.multiline;

/// What the interpreter and `traceback` write: chains of exceptions with empty lines between them,
/// syntax errors, exception groups.
final class PythonTrace {
  // What a line is.
  private static final int OTHER = 0;

  /// The beginning of another record.
  private static final int TIME = 1;

  private static final int BLANK = 2;

  /// `Traceback (most recent call last):`.
  private static final int TRACEBACK = 3;

  /// A line that the interpreter puts in front of a traceback.
  private static final int PREFACE = 4;

  /// ` File "x.py", line 1`.
  private static final int FILE = 5;

  private static final int INDENTED = 6;

  /// Of an exception group: indented, then `|` or `+`.
  private static final int GROUP = 7;

  /// The headline of a group, which may be the first line.
  private static final int GROUP_TRACEBACK = 8;

  /// What joins two exceptions.
  private static final int LINK = 9;

  private static final int KINDS = 10;

  // Behind which line it stands.
  private static final int ANNOUNCED = 1;
  private static final int FRAMES = 2;

  /// As FRAMES, but without a headline: only the name of the error shows that it was one.
  private static final int SYNTAX = 3;

  private static final int NAMED = 4;

  /// In a message of several lines, if it is one.
  private static final int MESSAGE = 5;

  private static final int GAP = 6;
  private static final int LINKED = 7;
  private static final int IN_GROUP = 8;
  private static final int STATES = 9;

  static final Grammar GRAMMAR =
      Grammar.of(STATES, KINDS, PythonTrace::kind)
          .in(Rule.NONE)
          .maybe(ANNOUNCED, TRACEBACK, PREFACE)
          .maybe(SYNTAX, FILE)
          .maybe(IN_GROUP, GROUP_TRACEBACK)
          .in(ANNOUNCED)
          .maybe(ANNOUNCED, TRACEBACK, PREFACE)
          .on(FRAMES, FILE)
          .on(IN_GROUP, GROUP_TRACEBACK)
          .in(FRAMES)
          .on(FRAMES, FILE, INDENTED, GROUP)
          .on(NAMED, OTHER)
          .in(SYNTAX)
          .maybe(SYNTAX, FILE, INDENTED)
          .on(NAMED, OTHER)
          .in(NAMED)
          .on(NAMED, INDENTED)
          .maybe(MESSAGE, OTHER)
          .maybe(GAP, BLANK)
          .in(MESSAGE)
          .maybe(MESSAGE, OTHER, INDENTED)
          .maybe(GAP, BLANK)
          .in(GAP)
          .maybe(MESSAGE, OTHER, INDENTED)
          .maybe(LINKED, LINK)
          .in(LINKED)
          .maybe(LINKED, BLANK)
          .on(ANNOUNCED, TRACEBACK)
          .on(FRAMES, FILE)
          .on(IN_GROUP, GROUP_TRACEBACK)
          .in(IN_GROUP)
          .on(IN_GROUP, GROUP)
          .maybe(GAP, BLANK)
          .build();

  private PythonTrace() {}

  private static int kind(Line line) {
    return switch (line.at(0)) {
      case ' ' -> indented(line);
      case '\t' -> line.isBlank() ? BLANK : INDENTED;
      case 'T' ->
          line.startsWith("Traceback (most recent call last)")
              ? TRACEBACK
              : line.startsWith("The above exception was the direct cause")
                  ? LINK
                  : line.startsWith("Task exception was never retrieved") ? PREFACE : OTHER;
      case 'D' -> line.startsWith("During handling of the above exception") ? LINK : OTHER;
      case 'E' -> line.startsWith("Exception i") && isPreface(line) ? PREFACE : OTHER;
      case 'f' -> line.startsWith("future: <") ? PREFACE : OTHER;
      case 'h' -> line.startsWith("handle: <") ? PREFACE : OTHER;
      case Line.END -> BLANK;
      default -> line.beginsWithTime() ? TIME : OTHER;
    };
  }

  private static boolean isPreface(Line line) {
    return line.startsWith("Exception ignored in")
        || line.startsWith("Exception in thread ")
        || line.startsWith("Exception in callback ");
  }

  private static int indented(Line line) {
    int at = line.count(0, ' ');
    if (at == line.length()) {
      return BLANK;
    }
    int first = line.at(at);
    if (first == '+' && line.startsWith(at, "+ Exception Group Traceback (")) {
      return GROUP_TRACEBACK;
    }
    if (at == 2 && line.startsWith(at, "File \"")) {
      return FILE;
    }
    return first == '|' || first == '+' ? GROUP : INDENTED;
  }
}
