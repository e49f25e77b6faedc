package dev.purser.lake;

import dev.purser.core.table.Column;
import dev.purser.core.table.ColumnType;
import dev.purser.core.table.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.iceberg.NullOrder;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/// All forms of a table that follow from its one definition: Iceberg's schema, partition and order,
/// DuckDB's staging table, the field ids of its Parquet files, and how DuckDB reads them.
///
/// A table with a column `message` keeps no second copy of a record that is nothing but its
/// message: its `raw` is then stored as null, and read as the message's bytes.
final class TableLayout {
  /// Field id of a list's element: the column's id and this.
  static final int ELEMENT_ID = 10_000;

  static final String PARTITION = "ingest_time_day";
  static final long DAY_MICROS = 86_400_000_000L;

  private static final String MESSAGE = "message";

  private final Table table;
  private final int message;

  TableLayout(Table table) {
    this.table = table;
    this.message =
        table.columns().stream()
                .anyMatch(
                    column -> column.name().equals(MESSAGE) && column.type() == ColumnType.STRING)
            ? table.index(MESSAGE)
            : -1;
  }

  Table table() {
    return table;
  }

  String name() {
    return table.name();
  }

  /// Index of the column that `raw` may be read from; -1 if there is none.
  int message() {
    return message;
  }

  List<Types.NestedField> fields() {
    List<Types.NestedField> fields = new ArrayList<>();
    for (Column column : table.columns()) {
      fields.add(
          Types.NestedField.optional(
              column.id(), column.name(), icebergType(column), column.description()));
    }
    return fields;
  }

  static PartitionSpec partition(Schema schema) {
    return PartitionSpec.builderFor(schema).day("ingest_time", PARTITION).build();
  }

  SortOrder order(Schema schema) {
    SortOrder.Builder builder = SortOrder.builderFor(schema);
    for (String column : table.sortBy()) {
      builder.asc(column, NullOrder.NULLS_FIRST);
    }
    return builder.build();
  }

  /// The statement that creates an empty staging table.
  String createStaging(String stagingName) {
    return table.columns().stream()
        .map(column -> quote(column.name()) + " " + duckType(column.type()))
        .collect(Collectors.joining(", ", "CREATE TABLE " + quote(stagingName) + " (", ")"));
  }

  /// The value of COPY's FIELD_IDS.
  String fieldIds() {
    return table.columns().stream()
        .map(column ->
            quote(column.name())
                + ": "
                + (column.type() == ColumnType.STRING_LIST
                    ? "{__duckdb_field_id: "
                        + column.id()
                        + ", element: "
                        + (column.id() + ELEMENT_ID)
                        + "}"
                    : column.id()))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  /// The order of rows in a data file.
  String orderBy() {
    return table.sortBy().stream()
        .map(column -> quote(column) + " ASC NULLS FIRST")
        .collect(Collectors.joining(", "));
  }

  /// The rows of data files, whatever columns they were written with.
  String selectFiles(List<String> paths) {
    String files = paths.stream().map(TableLayout::literal).collect(Collectors.joining(", "));
    String schema =
        table.columns().stream()
            .map(column ->
                column.id()
                    + ": {name: "
                    + literal(column.name())
                    + ", type: "
                    + literal(duckType(column.type()))
                    + ", default_value: NULL}")
            .collect(Collectors.joining(", "));
    return "SELECT "
        + columns()
        + " FROM read_parquet(["
        + files
        + "], schema = MAP {"
        + schema
        + "})";
  }

  /// The rows of a staging table.
  String selectStaging(String stagingName) {
    return "SELECT " + columns() + " FROM memory.main." + quote(stagingName);
  }

  /// No rows, with the right columns.
  String selectNothing() {
    return table.columns().stream()
        .map(column -> "NULL::" + duckType(column.type()) + " AS " + quote(column.name()))
        .collect(Collectors.joining(", ", "SELECT ", " WHERE false"));
  }

  private String columns() {
    List<String> selected = new ArrayList<>();
    for (Column column : table.columns()) {
      selected.add(
          column.name().equals("raw") && message >= 0
              ? "coalesce(raw, encode(" + MESSAGE + ")) AS raw"
              : quote(column.name()));
    }
    return String.join(", ", selected);
  }

  static String quote(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  static String duckType(ColumnType type) {
    return switch (type) {
      case TIMESTAMP -> "TIMESTAMPTZ";
      case STRING -> "VARCHAR";
      case BINARY -> "BLOB";
      case LONG -> "BIGINT";
      case INT -> "INTEGER";
      case DOUBLE -> "DOUBLE";
      case BOOLEAN -> "BOOLEAN";
      case STRING_LIST -> "VARCHAR[]";
    };
  }

  private static Type icebergType(Column column) {
    return switch (column.type()) {
      case TIMESTAMP -> Types.TimestampType.withZone();
      case STRING -> Types.StringType.get();
      case BINARY -> Types.BinaryType.get();
      case LONG -> Types.LongType.get();
      case INT -> Types.IntegerType.get();
      case DOUBLE -> Types.DoubleType.get();
      case BOOLEAN -> Types.BooleanType.get();
      case STRING_LIST ->
          Types.ListType.ofOptional(column.id() + ELEMENT_ID, Types.StringType.get());
    };
  }
}
