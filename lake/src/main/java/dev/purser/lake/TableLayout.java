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
///
/// Maps are staged apart. Rows of one stream have the same ones, so a staging table holds for each
/// row a number, [#MAPS], and a table beside it the maps of each number.
final class TableLayout {
  /// Field id of a list's element, and of a map's key: the column's id and this.
  static final int ELEMENT_ID = 10_000;

  /// Field id of a map's value: the column's id and this.
  static final int VALUE_ID = 20_000;

  /// In a staging table: which maps a row has; null if none.
  static final String MAPS = "purser_maps";

  static final String PARTITION = "ingest_time_day";
  static final long DAY_MICROS = 86_400_000_000L;

  private static final String MESSAGE = "message";

  private final Table table;
  private final List<Column> maps;
  private final int message;

  TableLayout(Table table) {
    this.table = table;
    this.maps =
        table.columns().stream().filter(column -> column.type() == ColumnType.STRING_MAP).toList();
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

  /// The columns whose values are maps.
  List<Column> maps() {
    return maps;
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

  /// The statements that create an empty staging table.
  List<String> createStaging(String stagingName) {
    List<String> columns = new ArrayList<>();
    for (Column column : table.columns()) {
      if (column.type() != ColumnType.STRING_MAP) {
        columns.add(definition(column));
      }
    }
    if (maps.isEmpty()) {
      return List.of(create(stagingName, columns));
    }
    columns.add(MAPS + " INTEGER");
    List<String> combination = new ArrayList<>(List.of(MAPS + " INTEGER"));
    maps.forEach(column -> combination.add(definition(column)));
    return List.of(create(stagingName, columns), create(mapsOf(stagingName), combination));
  }

  /// The statements that drop a staging table.
  List<String> dropStaging(String stagingName) {
    String drop = "DROP TABLE memory.main.";
    return maps.isEmpty()
        ? List.of(drop + quote(stagingName))
        : List.of(drop + quote(stagingName), drop + quote(mapsOf(stagingName)));
  }

  /// The table beside a staging table that has its maps.
  static String mapsOf(String stagingName) {
    return stagingName + "_maps";
  }

  /// The value of COPY's FIELD_IDS.
  String fieldIds() {
    return table.columns().stream()
        .map(column -> quote(column.name()) + ": " + fieldId(column))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  /// What goes into a data file: the rows of a staging table as they are stored, in the order of a
  /// data file.
  ///
  /// @param where a condition on the rows; empty for all
  String selectSorted(String stagingName, String where) {
    String names =
        table.columns().stream()
            .map(column ->
                (column.type() == ColumnType.STRING_MAP ? "combination." : "")
                    + quote(column.name()))
            .collect(Collectors.joining(", "));
    String sorted =
        "SELECT * FROM memory.main."
            + quote(stagingName)
            + (where.isEmpty() ? "" : " WHERE " + where)
            + " ORDER BY "
            + orderBy();
    if (maps.isEmpty()) {
      return "SELECT " + names + " FROM (" + sorted + ")";
    }
    // Sorted without the maps, which are many times larger than the rest. A join might turn its
    // sides around and lose the order; the search for a single value does not.
    return "SELECT %s FROM (SELECT *, (SELECT maps FROM memory.main.%s maps WHERE maps.%s = rows.%s) AS combination FROM (%s) rows)"
        .formatted(names, quote(mapsOf(stagingName)), MAPS, MAPS, sorted);
  }

  /// The order of rows in a data file.
  private String orderBy() {
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
    String rows = "SELECT " + columns() + " FROM memory.main." + quote(stagingName);
    return maps.isEmpty()
        ? rows
        : rows + " LEFT JOIN memory.main." + quote(mapsOf(stagingName)) + " USING (" + MAPS + ")";
  }

  /// No rows, with the right columns.
  String selectNothing() {
    return table.columns().stream()
        .map(column -> "NULL::" + duckType(column.type()) + " AS " + quote(column.name()))
        .collect(Collectors.joining(", ", "SELECT ", " WHERE false"));
  }

  private static String create(String name, List<String> columns) {
    return "CREATE TABLE " + quote(name) + " (" + String.join(", ", columns) + ")";
  }

  private static String definition(Column column) {
    return quote(column.name()) + " " + duckType(column.type());
  }

  private static String fieldId(Column column) {
    return switch (column.type()) {
      case STRING_LIST ->
          "{__duckdb_field_id: %d, element: %d}".formatted(column.id(), column.id() + ELEMENT_ID);
      case STRING_MAP ->
          "{__duckdb_field_id: %d, key: %d, value: %d}"
              .formatted(column.id(), column.id() + ELEMENT_ID, column.id() + VALUE_ID);
      case TIMESTAMP, STRING, BINARY, LONG, INT, DOUBLE, BOOLEAN -> Integer.toString(column.id());
    };
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
      case STRING_MAP -> "MAP(VARCHAR, VARCHAR)";
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
      case STRING_MAP ->
          Types.MapType.ofOptional(
              column.id() + ELEMENT_ID,
              column.id() + VALUE_ID,
              Types.StringType.get(),
              Types.StringType.get());
    };
  }
}
