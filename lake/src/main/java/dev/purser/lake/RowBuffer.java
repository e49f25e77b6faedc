package dev.purser.lake;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.core.table.Column;
import dev.purser.core.table.ColumnType;
import dev.purser.core.table.Row;
import dev.purser.core.table.Table;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import org.duckdb.DuckDBAppender;
import org.jspecify.annotations.Nullable;

/// Decoded rows of one table that are not in DuckDB yet, column by column. They stay until DuckDB
/// has taken them, so that they can be given again when it ran out of memory. Used under the
/// staging lock.
final class RowBuffer implements Row {
  private static final int FIRST_CAPACITY = 256;
  private static final int ROW_OVERHEAD_BYTES = 64;
  private static final int VALUE_OVERHEAD_BYTES = 12;
  private static final int LIST_ITEM_BYTES = 40;

  private static final byte[] NO_RECORD = {};

  private final ColumnType[] types;
  private final int message;
  private final long[][] longs;
  private final boolean[][] present;
  private final @Nullable Object[][] values;
  private final boolean[] primitive;
  private int capacity = FIRST_CAPACITY;
  private int rows;
  private long sizeBefore;
  private long sizeBytes;
  private byte[] record = NO_RECORD;
  private boolean hasRecord;
  private int recordFrom;
  private int recordTo;

  RowBuffer(TableLayout layout) {
    List<Column> columns = layout.table().columns();
    types = columns.stream().map(Column::type).toArray(ColumnType[]::new);
    message = layout.message();
    longs = new long[types.length][];
    present = new boolean[types.length][];
    values = new @Nullable Object[types.length][];
    primitive = new boolean[types.length];
    for (int column = 0; column < types.length; column++) {
      primitive[column] = isPrimitive(types[column]);
      if (primitive[column]) {
        longs[column] = new long[FIRST_CAPACITY];
        present[column] = new boolean[FIRST_CAPACITY];
      } else {
        values[column] = new @Nullable Object[FIRST_CAPACITY];
      }
    }
  }

  int rows() {
    return rows;
  }

  /// About what the rows take in DuckDB.
  long sizeBytes() {
    return sizeBytes;
  }

  /// Begins a row; [#end] or [#discard] ends it.
  ///
  /// @param record holds the bytes of `raw`, which must not change before the end
  void begin(byte[] record, int from, int to) {
    if (rows == capacity) {
      grow();
    }
    sizeBefore = sizeBytes;
    this.record = record;
    this.hasRecord = true;
    this.recordFrom = from;
    this.recordTo = to;
  }

  /// Begins a row that has no record.
  void begin() {
    begin(NO_RECORD, 0, 0);
    hasRecord = false;
  }

  /// Takes the row begun.
  void end() {
    if (values[Table.RAW][rows] == null && hasRecord && !isMessage()) {
      values[Table.RAW][rows] = Arrays.copyOfRange(record, recordFrom, recordTo);
      sizeBytes += recordTo - recordFrom;
    }
    sizeBytes += ROW_OVERHEAD_BYTES + (long) types.length * VALUE_OVERHEAD_BYTES;
    rows++;
  }

  /// Forgets the row begun.
  void discard() {
    clear(rows, rows + 1);
    sizeBytes = sizeBefore;
  }

  void clear() {
    clear(0, rows);
    rows = 0;
    sizeBytes = 0;
    record = NO_RECORD;
  }

  private void clear(int from, int to) {
    for (int column = 0; column < types.length; column++) {
      if (primitive[column]) {
        Arrays.fill(present[column], from, to, false);
      } else {
        Arrays.fill(values[column], from, to, null);
      }
    }
  }

  private void grow() {
    capacity *= 2;
    for (int column = 0; column < types.length; column++) {
      if (primitive[column]) {
        longs[column] = Arrays.copyOf(longs[column], capacity);
        present[column] = Arrays.copyOf(present[column], capacity);
      } else {
        values[column] = Arrays.copyOf(values[column], capacity);
      }
    }
  }

  @Override
  public void set(int column, long value) {
    switch (types[column]) {
      case TIMESTAMP, LONG -> {}
      case INT -> Math.toIntExact(value);
      case BOOLEAN -> {
        if (value != 0 && value != 1) {
          throw new IllegalArgumentException("boolean " + value);
        }
      }
      case STRING, BINARY, DOUBLE, STRING_LIST -> throw wrongType(column, "a whole number");
    }
    longs[column][rows] = value;
    present[column][rows] = true;
  }

  @Override
  public void set(int column, double value) {
    if (types[column] != ColumnType.DOUBLE) {
      throw wrongType(column, "a fraction");
    }
    longs[column][rows] = Double.doubleToRawLongBits(value);
    present[column][rows] = true;
  }

  @Override
  public void set(int column, @Nullable String value) {
    if (types[column] != ColumnType.STRING) {
      throw wrongType(column, "a text");
    }
    values[column][rows] = value == null ? null : sized(value.getBytes(UTF_8));
  }

  @Override
  public void set(int column, byte[] bytes, int from, int to) {
    values[column][rows] =
        sized(
            switch (types[column]) {
              case BINARY -> Arrays.copyOfRange(bytes, from, to);
              case STRING -> utf8(bytes, from, to);
              case TIMESTAMP, LONG, INT, DOUBLE, BOOLEAN, STRING_LIST ->
                  throw wrongType(column, "bytes");
            });
  }

  @Override
  public void set(int column, List<String> texts) {
    if (types[column] != ColumnType.STRING_LIST) {
      throw wrongType(column, "a list");
    }
    values[column][rows] = List.copyOf(texts);
    sizeBytes += (long) texts.size() * LIST_ITEM_BYTES;
  }

  /// Gives all rows to DuckDB. They stay here.
  void appendTo(DuckDBAppender appender) throws SQLException {
    for (int row = 0; row < rows; row++) {
      appender.beginRow();
      for (int column = 0; column < types.length; column++) {
        if (primitive[column]) {
          appendPrimitive(appender, column, row);
        } else {
          switch (values[column][row]) {
            case null -> appender.appendNull();
            case byte[] bytes -> appender.append(bytes);
            case List<?> texts -> appender.append(texts);
            default -> throw new IllegalStateException("value of column " + column);
          }
        }
      }
      appender.endRow();
    }
  }

  private void appendPrimitive(DuckDBAppender appender, int column, int row) throws SQLException {
    if (!present[column][row]) {
      appender.appendNull();
      return;
    }
    long value = longs[column][row];
    switch (types[column]) {
      case TIMESTAMP -> appender.appendEpochMicros(value);
      case LONG -> appender.append(value);
      case INT -> appender.append((int) value);
      case BOOLEAN -> appender.append(value == 1);
      case DOUBLE -> appender.append(Double.longBitsToDouble(value));
      case STRING, BINARY, STRING_LIST -> throw wrongType(column, "a number");
    }
  }

  private byte[] sized(byte[] bytes) {
    sizeBytes += bytes.length;
    return bytes;
  }

  private boolean isMessage() {
    return message >= 0
        && values[message][rows] instanceof byte[] text
        && Arrays.equals(text, 0, text.length, record, recordFrom, recordTo);
  }

  /// The bytes if they are valid UTF-8; with U+FFFD where they are not.
  private static byte[] utf8(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] < 0) {
        return new String(bytes, from, to - from, UTF_8).getBytes(UTF_8);
      }
    }
    return Arrays.copyOfRange(bytes, from, to);
  }

  private static boolean isPrimitive(ColumnType type) {
    return switch (type) {
      case TIMESTAMP, LONG, INT, DOUBLE, BOOLEAN -> true;
      case STRING, BINARY, STRING_LIST -> false;
    };
  }

  private IllegalArgumentException wrongType(int column, String what) {
    return new IllegalArgumentException(
        what + " for column " + column + ", which is " + types[column]);
  }
}
