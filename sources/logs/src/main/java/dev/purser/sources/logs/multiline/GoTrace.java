package dev.purser.sources.logs.multiline;

/// What the Go runtime writes of panics and fatal errors: one or more goroutines with empty lines
/// between them.
final class GoTrace {
  private static final String LOG_TIME = "2006/01/02 15:04:05 ";

  // What a line is.
  private static final int OTHER = 0;

  /// The beginning of another record.
  private static final int TIME = 1;

  private static final int BLANK = 2;
  private static final int PANIC = 3;
  private static final int GOROUTINE = 4;

  /// `main.f(0x1)` or `created by main.f`.
  private static final int CALL = 5;

  private static final int INDENTED = 6;

  /// `...additional frames elided...`.
  private static final int ELIDED = 7;

  /// `rax 0xca`.
  private static final int REGISTER = 8;

  private static final int EXIT = 9;
  private static final int KINDS = 10;

  // Behind which line it stands.
  private static final int MESSAGE = 1;
  private static final int FRAMES = 2;
  private static final int CALLED = 3;
  private static final int GAP = 4;
  private static final int REGISTERS = 5;
  private static final int DONE = 6;
  private static final int STATES = 7;

  static final Grammar GRAMMAR =
      Grammar.of(STATES, KINDS, GoTrace::kind)
          .in(Rule.NONE)
          .maybe(MESSAGE, PANIC)
          .maybe(FRAMES, GOROUTINE)
          .in(MESSAGE)
          .maybe(MESSAGE, PANIC, INDENTED, OTHER, CALL, BLANK)
          .on(FRAMES, GOROUTINE)
          .in(FRAMES)
          .on(FRAMES, INDENTED, ELIDED)
          .maybe(CALLED, CALL)
          .maybe(GAP, BLANK)
          .on(DONE, EXIT)
          .in(CALLED)
          .on(FRAMES, INDENTED)
          .in(GAP)
          .on(FRAMES, GOROUTINE)
          .on(REGISTERS, REGISTER)
          .in(REGISTERS)
          .on(REGISTERS, REGISTER)
          .on(DONE, EXIT)
          .build();

  private GoTrace() {}

  private static int kind(Line line) {
    int first = line.at(0);
    if (first == Line.END) {
      return BLANK;
    }
    if (first == '\t') {
      return INDENTED;
    }
    if (Line.isDigit(first)) {
      return line.startsWith(LOG_TIME.length(), "http: panic serving ") ? PANIC : TIME;
    }
    return switch (first) {
      case 'p' -> line.startsWith("panic: ") ? PANIC : call(line);
      case 'f' -> line.startsWith("fatal error: ") ? PANIC : call(line);
      case 'g' ->
          line.startsWith("goroutine ") && Line.isDigit(line.at(10)) ? GOROUTINE : call(line);
      case 'r' -> runtime(line);
      case 'S' -> line.startsWith("SIG") && line.endsWith(": quit") ? PANIC : call(line);
      case 'u' -> line.startsWith("unexpected fault address ") ? PANIC : call(line);
      case 'c' -> line.startsWith("created by ") ? CALL : call(line);
      case 'e' -> line.startsWith("exit status ") ? EXIT : call(line);
      case '.' -> line.startsWith("...") && line.endsWith(" frames elided...") ? ELIDED : OTHER;
      case '[' -> Line.isDigit(line.at(1)) ? TIME : OTHER;
      default -> call(line);
    };
  }

  private static int runtime(Line line) {
    if (line.startsWith("runtime stack:")) {
      return GOROUTINE;
    }
    return line.startsWith("runtime: ") ? PANIC : call(line);
  }

  private static int call(Line line) {
    if (line.last() == ')') {
      return CALL;
    }
    int space = 0;
    while (space < 8 && (Line.isLetter(line.at(space)) || Line.isDigit(line.at(space)))) {
      space++;
    }
    return line.at(space) == ' ' && line.startsWith(line.skipBlanks(space), "0x")
        ? REGISTER
        : OTHER;
  }
}
