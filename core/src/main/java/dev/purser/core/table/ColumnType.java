package dev.purser.core.table;

/// The types of the lake's columns. Each has one Iceberg, one Parquet and one DuckDB form, all in
/// the lake module.
public enum ColumnType {
  /// Microseconds since 1970 UTC, with time zone.
  TIMESTAMP,
  STRING,
  BINARY,
  LONG,
  INT,
  DOUBLE,
  BOOLEAN,
  STRING_LIST,
  /// Texts by their names. Few different ones: each is kept once for all rows that have it, so that
  /// it costs a row almost nothing until it reaches a file.
  STRING_MAP
}
