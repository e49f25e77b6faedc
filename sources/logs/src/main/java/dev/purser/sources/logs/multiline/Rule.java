package dev.purser.sources.logs.multiline;

/// Tells which lines go on with a record. Immutable, used by several threads at once.
public sealed interface Rule permits Language, LinePattern {
  /// Not within a record.
  int NONE = 0;

  /// Added to a state: whether the lines since the last state without it belong to the record, only
  /// a line to come can tell.
  int MAYBE = 1 << 7;

  /// Where the rule stands behind a line.
  ///
  /// @param state [#NONE], or the last answer without [#MAYBE]
  /// @return [#NONE] when the line does not belong to the lines before it, or when no record of
  ///   more than one line begins with it
  int next(int state, Line line);

  /// Whether [#next] may answer anything but [#NONE] to a line that begins with this byte, and does
  /// not belong to the lines before it.
  ///
  /// @param first 0 to 255; [Line#END] for a line without any
  boolean mayBegin(int first);
}
