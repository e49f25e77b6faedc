package dev.purser.sources.logs.multiline;

/// Finds where records end in a sequence of lines. State of one call.
public final class Joiner {
  /// Answer of [#end]: lines to come may belong to the record.
  public static final int OPEN = -1;

  /// Answer of [#end]: a line stands in between that belongs to another stream, or to none.
  public static final int INTERLEAVED = -2;

  /// How many lines a record may hold that only a line behind them shows to belong to it.
  private static final int MAX_UNSURE = 16;

  private final Rules rules;
  private final int maxBytes;
  private final Lines lines;
  private final Line line = new Line();
  private boolean cut;

  /// The lines, each by its number.
  public interface Lines {
    int count();

    /// How many bytes the lines `[from, to)` take.
    int bytes(int from, int to);

    void read(int number, Line line);

    /// Whether a line is too far from the one before it to belong together.
    boolean isApart(int number);

    /// Whether lines may come that belong to the last of these.
    boolean mayGoOn();
  }

  /// @param maxBytes size at which a record is cut
  public Joiner(Rules rules, int maxBytes, Lines lines) {
    this.rules = rules;
    this.maxBytes = maxBytes;
    this.lines = lines;
  }

  /// The number of the line behind the record that begins with line `first`, or [#OPEN], or
  /// [#INTERLEAVED].
  public int end(int first) {
    cut = false;
    lines.read(first, line);
    Line.Role role = line.role();
    int stream = line.stream();
    if (role == Line.Role.ALONE || role == Line.Role.PIECE) {
      return first + 1;
    }
    if (role == Line.Role.REST) {
      return isRest(first + 1) ? first + 1 : endBehind(first);
    }
    boolean begun = false;
    for (int rest = rules.candidates(line); rest != 0; rest &= rest - 1) {
      Rule rule = rules.get(Integer.numberOfTrailingZeros(rest));
      int state = rule.next(Rule.NONE, line);
      if (state != Rule.NONE) {
        begun = true;
        int end = follow(rule, state, first, stream);
        if (end != first + 1 || cut) {
          return end;
        }
        lines.read(first, line);
      }
    }
    return role == Line.Role.EMPTY && !begun ? endBehindEmpty(first) : first + 1;
  }

  /// Whether the record that [#end] found ends because of its size.
  public boolean isCut() {
    return cut;
  }

  private int follow(Rule rule, int begun, int first, int stream) {
    int sure = first + 1;
    int state = begun;
    for (int i = first + 1; i < lines.count(); i++) {
      lines.read(i, line);
      boolean other = line.stream() != stream && line.role() != Line.Role.PIECE;
      if (other || line.role() == Line.Role.ALONE) {
        return INTERLEAVED;
      }
      boolean ends = line.role() == Line.Role.PIECE || lines.isApart(i);
      int next = ends ? Rule.NONE : rule.next(state & ~Rule.MAYBE, line);
      boolean unsure = (next & Rule.MAYBE) != 0;
      if (next == Rule.NONE || (unsure && i - sure >= MAX_UNSURE)) {
        return sure;
      }
      if (lines.bytes(first, i + 1) > maxBytes) {
        cut = !unsure;
        return unsure ? sure : i;
      }
      if (!unsure) {
        sure = i + 1;
      }
      state = next;
    }
    return lines.mayGoOn() ? OPEN : sure;
  }

  private int endBehindEmpty(int first) {
    int second = first + 1;
    if (second == lines.count()) {
      return lines.mayGoOn() ? OPEN : second;
    }
    lines.read(second, line);
    for (int rest = rules.candidates(line); rest != 0; rest &= rest - 1) {
      int state = rules.get(Integer.numberOfTrailingZeros(rest)).next(Rule.NONE, line);
      if (state != Rule.NONE && (state & Rule.MAYBE) == 0) {
        return endBehind(first);
      }
    }
    return second;
  }

  /// A record leaves one line end to its rest: of several, only the last can be such a one.
  private boolean isRest(int number) {
    if (number == lines.count()) {
      return false;
    }
    lines.read(number, line);
    return line.role() == Line.Role.REST;
  }

  private int endBehind(int first) {
    if (first + 1 == lines.count()) {
      return lines.mayGoOn() ? OPEN : first + 1;
    }
    return end(first + 1);
  }
}
