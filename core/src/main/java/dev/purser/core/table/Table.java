package dev.purser.core.table;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The one definition of a table: the Iceberg schema, the staging table, the Parquet field ids and
/// the reader's schema all come from it.
///
/// The first seven columns are the same in every table, see [#TIME] to [#RAW].
///
/// @param columns all columns, the common ones first
/// @param sortBy names of the columns by which data files are sorted
public record Table(String name, String description, List<Column> columns, List<String> sortBy) {
  /// Indexes of the common columns.
  public static final int TIME = 0;

  public static final int INGEST_TIME = 1;
  public static final int CLUSTER = 2;
  public static final int NODE = 3;
  public static final int SOURCE = 4;
  public static final int SEQ = 5;
  public static final int RAW = 6;

  /// Ids of own columns begin here.
  public static final int FIRST_OWN_ID = 101;

  private static final List<Column> COMMON =
      List.of(
          new Column(
              1, "time", ColumnType.TIMESTAMP, "the record's own time, else when it was read"),
          new Column(
              2, "ingest_time", ColumnType.TIMESTAMP, "when the hub stored it, by the hub's clock"),
          new Column(3, "cluster", ColumnType.STRING, "name of the cluster, from the config"),
          new Column(4, "node", ColumnType.STRING, "host it was read on"),
          new Column(5, "source", ColumnType.STRING, "its stream: one file, one watch"),
          new Column(
              6, "seq", ColumnType.LONG, "its number in the stream; without holes over all tables"),
          new Column(
              7, "raw", ColumnType.BINARY, "the record as it was read, without its line end"));

  public Table {
    columns = List.copyOf(columns);
    sortBy = List.copyOf(sortBy);
    Set<Object> seen = new HashSet<>();
    for (Column column : columns) {
      if (!seen.add(column.id()) || !seen.add(column.name())) {
        throw new IllegalArgumentException("column twice in table " + name + ": " + column);
      }
    }
    if (!columns.subList(0, COMMON.size()).equals(COMMON)) {
      throw new IllegalArgumentException(
          "table " + name + " does not begin with the common columns");
    }
    for (String sort : sortBy) {
      if (!seen.contains(sort)) {
        throw new IllegalArgumentException("table " + name + " sorts by an unknown column " + sort);
      }
    }
  }

  /// A table with the common columns and `own` ones behind them.
  public static Table of(String name, String description, List<Column> own, List<String> sortBy) {
    List<Column> all = new ArrayList<>(COMMON);
    all.addAll(own);
    return new Table(name, description, all, sortBy);
  }

  /// The index of a column.
  ///
  /// @throws IllegalArgumentException when there is none of that name
  public int index(String column) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).name().equals(column)) {
        return i;
      }
    }
    throw new IllegalArgumentException("no column " + column + " in table " + name);
  }
}
