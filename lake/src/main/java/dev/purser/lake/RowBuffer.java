package dev.purser.lake;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.core.table.Column;
import dev.purser.core.table.ColumnType;
import dev.purser.core.table.Row;
import dev.purser.core.table.Table;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/// Decoded rows of one table that are not in DuckDB yet: Arrow vectors in native memory, which
/// DuckDB reads where they lie. They stay until DuckDB has taken them, so that they can be given
/// again when it ran out of memory. Used under the staging lock.
final class RowBuffer implements Row, AutoCloseable {
  private static final int ROW_OVERHEAD_BYTES = 64;
  private static final int VALUE_OVERHEAD_BYTES = 12;
  private static final int LIST_ITEM_BYTES = 40;

  /// Memory that is kept for the next rows; more of it would be set to zero again and again.
  private static final long KEPT_BYTES = 16 << 20;

  private static final byte[] NO_RECORD = {};

  private final ColumnType[] types;
  private final int message;
  private final BufferAllocator allocator;

  /// By column; null for maps.
  private final @Nullable FieldVector[] vectors;

  private final @Nullable SharedMaps maps;
  private final ArrowView view;
  private int rows;
  private long sizeBefore;
  private long sizeBytes;

  /// Of the row begun.
  private byte[] record = NO_RECORD;

  private int recordFrom;
  private int recordTo;
  private boolean rawIsSet;
  private boolean messageIsRecord;

  /// @param parent closed after the buffer
  RowBuffer(TableLayout layout, BufferAllocator parent) {
    List<Column> columns = layout.table().columns();
    types = columns.stream().map(Column::type).toArray(ColumnType[]::new);
    message = layout.message();
    allocator = parent.newChildAllocator(layout.name(), 0, Long.MAX_VALUE);
    vectors = new FieldVector[types.length];
    List<FieldVector> staged = new ArrayList<>();
    for (int i = 0; i < types.length; i++) {
      FieldVector vector = vector(columns.get(i), allocator);
      vectors[i] = vector;
      if (vector != null) {
        staged.add(vector);
      }
    }
    maps = layout.maps().isEmpty() ? null : new SharedMaps(layout, allocator);
    if (maps != null) {
      staged.add(maps.rowNumbers());
    }
    view = new ArrowView("purser_rows_" + layout.name(), staged, allocator);
  }

  /// Makes the buffer known to a connection, by a view that [#insertInto] reads. Once in its life:
  /// DuckDB forgets none.
  void register(DuckDBConnection connection) throws SQLException {
    view.register(connection);
    if (maps != null) {
      maps.register(connection);
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
    sizeBefore = sizeBytes;
    this.record = record;
    recordFrom = from;
    recordTo = to;
    rawIsSet = false;
    messageIsRecord = false;
    if (maps != null) {
      maps.begin();
    }
  }

  /// Begins a row that has no record.
  void begin() {
    begin(NO_RECORD, 0, 0);
    rawIsSet = true;
  }

  /// Takes the row begun.
  void end() {
    if (!rawIsSet && !messageIsRecord) {
      set(Table.RAW, record, recordFrom, recordTo);
    }
    sizeBytes += ROW_OVERHEAD_BYTES + (long) types.length * VALUE_OVERHEAD_BYTES;
    if (maps != null) {
      sizeBytes += maps.end(rows);
    }
    rows++;
  }

  /// Forgets the row begun.
  void discard() {
    for (FieldVector vector : vectors) {
      if (vector != null) {
        vector.setNull(rows);
      }
    }
    sizeBytes = sizeBefore;
  }

  /// Forgets all rows.
  void clear() {
    boolean keep = allocator.getAllocatedMemory() <= KEPT_BYTES;
    view.clear(keep);
    if (maps != null) {
      maps.clear(keep);
    }
    rows = 0;
    sizeBytes = 0;
    record = NO_RECORD;
  }

  /// Rows from now on go into another staging table.
  void renew() {
    if (maps != null) {
      maps.renew();
    }
  }

  @Override
  public void close() {
    view.close();
    if (maps != null) {
      maps.close();
    }
    allocator.close();
  }

  @Override
  public void set(int column, long value) {
    switch (vectors[column]) {
      case TimeStampMicroTZVector times -> times.setSafe(rows, value);
      case BigIntVector longs -> longs.setSafe(rows, value);
      case IntVector ints -> ints.setSafe(rows, Math.toIntExact(value));
      case BitVector bits -> {
        if (value != 0 && value != 1) {
          throw new IllegalArgumentException("boolean " + value);
        }
        bits.setSafe(rows, (int) value);
      }
      case null, default -> throw wrongType(column, "a whole number");
    }
  }

  @Override
  public void set(int column, double value) {
    if (!(vectors[column] instanceof Float8Vector doubles)) {
      throw wrongType(column, "a fraction");
    }
    doubles.setSafe(rows, value);
  }

  @Override
  public void set(int column, @Nullable String value) {
    if (!(vectors[column] instanceof VarCharVector texts)) {
      throw wrongType(column, "a text");
    }
    if (value == null) {
      texts.setNull(rows);
      messageIsRecord &= column != message;
    } else {
      byte[] bytes = value.getBytes(UTF_8);
      text(column, texts, bytes, 0, bytes.length);
    }
  }

  @Override
  public void set(int column, byte[] bytes, int from, int to) {
    switch (vectors[column]) {
      case VarBinaryVector binaries -> {
        rawIsSet |= column == Table.RAW;
        binaries.setSafe(rows, bytes, from, to - from);
        sizeBytes += to - from;
      }
      case VarCharVector texts -> {
        if (Ascii.isAll(bytes, from, to)) {
          text(column, texts, bytes, from, to);
        } else {
          byte[] valid = new String(bytes, from, to - from, UTF_8).getBytes(UTF_8);
          text(column, texts, valid, 0, valid.length);
        }
      }
      case null, default -> throw wrongType(column, "bytes");
    }
  }

  @Override
  public void set(int column, List<String> values) {
    if (!(vectors[column] instanceof ListVector lists)
        || !(lists.getDataVector() instanceof VarCharVector texts)) {
      throw wrongType(column, "a list");
    }
    int at = lists.startNewValue(rows);
    for (String value : values) {
      byte[] bytes = value.getBytes(UTF_8);
      texts.setSafe(at++, bytes, 0, bytes.length);
      sizeBytes += LIST_ITEM_BYTES;
    }
    lists.endValue(rows, values.size());
  }

  @Override
  public void set(int column, Map<String, String> values) {
    if (maps == null || types[column] != ColumnType.STRING_MAP) {
      throw wrongType(column, "a map");
    }
    maps.set(column, values);
  }

  /// Gives all rows to DuckDB, in the transaction of the connection that knows it. They stay here.
  void insertInto(String stagingName, DuckDBConnection connection) throws SQLException {
    view.insertInto(stagingName, rows, connection);
    if (maps != null) {
      maps.insertInto(TableLayout.mapsOf(stagingName), connection);
    }
  }

  private void text(int column, VarCharVector texts, byte[] bytes, int from, int to) {
    texts.setSafe(rows, bytes, from, to - from);
    sizeBytes += to - from;
    if (column == message) {
      messageIsRecord = Arrays.equals(bytes, from, to, record, recordFrom, recordTo);
    }
  }

  private static @Nullable FieldVector vector(Column column, BufferAllocator allocator) {
    String name = column.name();
    return switch (column.type()) {
      case TIMESTAMP -> new TimeStampMicroTZVector(name, allocator, "UTC");
      case STRING -> new VarCharVector(name, allocator);
      case BINARY -> new VarBinaryVector(name, allocator);
      case LONG -> new BigIntVector(name, allocator);
      case INT -> new IntVector(name, allocator);
      case DOUBLE -> new Float8Vector(name, allocator);
      case BOOLEAN -> new BitVector(name, allocator);
      case STRING_LIST -> {
        ListVector list = ListVector.empty(name, allocator);
        list.addOrGetVector(FieldType.nullable(ArrowType.Utf8.INSTANCE));
        yield list;
      }
      case STRING_MAP -> null;
    };
  }

  private IllegalArgumentException wrongType(int column, String what) {
    return new IllegalArgumentException(
        what + " for column " + column + ", which is " + types[column]);
  }
}
