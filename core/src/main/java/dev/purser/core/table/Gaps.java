package dev.purser.core.table;

import java.util.List;

/// The table of losses. It belongs to no source: any stream can have a gap.
public final class Gaps {
  public static final Table TABLE =
      Table.of(
          "gaps",
          "every loss, known or possible",
          List.of(
              new Column(
                  101,
                  "reason",
                  ColumnType.STRING,
                  "why: deleted_unread, truncated, watch_expired, …"),
              new Column(
                  102, "from_position", ColumnType.STRING, "first position that may be lost"),
              new Column(103, "to_position", ColumnType.STRING, "where the stream goes on"),
              new Column(104, "lost", ColumnType.LONG, "records lost; null when unknown"),
              new Column(105, "detail", ColumnType.STRING, "what was seen, in words")),
          List.of("time"));

  public static final int REASON = TABLE.index("reason");
  public static final int FROM_POSITION = TABLE.index("from_position");
  public static final int TO_POSITION = TABLE.index("to_position");
  public static final int LOST = TABLE.index("lost");
  public static final int DETAIL = TABLE.index("detail");

  private Gaps() {}
}
