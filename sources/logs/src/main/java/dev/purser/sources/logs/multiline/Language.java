package dev.purser.sources.logs.multiline;

/// The languages whose stack traces are known.
public enum Language implements Rule {
  JAVA,
  PYTHON,
  GO,
  NODE,
  RUBY,
  DOTNET;

  @Override
  public int next(int state, Line line) {
    Grammar grammar =
        switch (this) {
          case JAVA -> JavaTrace.GRAMMAR;
          case PYTHON -> PythonTrace.GRAMMAR;
          case GO -> GoTrace.GRAMMAR;
          case NODE -> NodeTrace.GRAMMAR;
          case RUBY -> RubyTrace.GRAMMAR;
          case DOTNET -> DotnetTrace.GRAMMAR;
        };
    return grammar.next(state, line);
  }

  @Override
  public boolean mayBegin(int first) {
    boolean isLetter = Line.isLetter(first);
    return switch (this) {
      case JAVA -> isLetter || first == '\t' || first == ' ' || first == '.';
      case PYTHON -> first == ' ' || "TEfh".indexOf(first) >= 0;
      case GO -> Line.isDigit(first) || "pfgrSu".indexOf(first) >= 0;
      case NODE -> !Line.isDigit(first) && first != '{' && first != Line.END;
      case RUBY -> !Line.isDigit(first) && first != '{' && first != Line.END;
      case DOTNET -> isLetter || first == ' ' || first == '-';
    };
  }
}
