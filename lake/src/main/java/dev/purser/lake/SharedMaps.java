package dev.purser.lake;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.core.table.Column;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.MapVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/// The maps of a table's rows. What one row has in all its map columns is a combination; each is
/// kept once, and the row holds its number. A row with the very objects of the row before costs a
/// comparison for each column.
///
/// Numbers are those of one staging table and begin anew with [#renew]. Used under the staging
/// lock.
final class SharedMaps implements AutoCloseable {
  private static final int NONE = -1;

  /// Past so many, combinations are forgotten, and those that come again are kept again: a table
  /// where each row has maps of its own must not fill the heap.
  private static final int MAX_REMEMBERED = 50_000;

  private static final int ENTRY_BYTES = 80;

  /// By column of the table: its place among the maps.
  private final int[] slots;

  private final IntVector rowNumbers;
  private final IntVector numbers;
  private final List<MapVector> vectors;
  private final ArrowView view;
  private final Map<List<@Nullable Map<String, String>>, Integer> remembered = new HashMap<>();
  private final @Nullable Map<String, String>[] row;
  private final @Nullable Map<String, String>[] last;
  private int lastNumber = NONE;
  private int count;
  private int pending;

  /// @param allocator closed after it
  SharedMaps(TableLayout layout, BufferAllocator allocator) {
    List<Column> columns = layout.maps();
    slots = new int[layout.table().columns().size()];
    for (int i = 0; i < columns.size(); i++) {
      slots[layout.table().index(columns.get(i).name())] = i;
    }
    rowNumbers = new IntVector(TableLayout.MAPS, allocator);
    numbers = new IntVector(TableLayout.MAPS, allocator);
    vectors = columns.stream().map(column -> vector(column.name(), allocator)).toList();
    List<FieldVector> all = new ArrayList<>(List.of(numbers));
    all.addAll(vectors);
    view = new ArrowView("purser_maps_" + layout.name(), all, allocator);
    row = maps(columns.size());
    last = maps(columns.size());
  }

  void register(DuckDBConnection connection) throws SQLException {
    view.register(connection);
  }

  /// The column of the staging table; its owner closes it.
  IntVector rowNumbers() {
    return rowNumbers;
  }

  void begin() {
    Arrays.fill(row, null);
  }

  void set(int column, Map<String, String> values) {
    row[slots[column]] = values;
  }

  /// Takes the maps of the row begun.
  ///
  /// @param index of the row
  /// @return about how many bytes they take that no row took before
  @SuppressWarnings("ReferenceEquality") // Equal ones are found later.
  long end(int index) {
    boolean same = true;
    boolean none = true;
    for (int i = 0; i < row.length; i++) {
      same &= row[i] == last[i];
      none &= row[i] == null;
    }
    if (none) {
      return 0;
    }
    long added = 0;
    if (!same || lastNumber == NONE) {
      System.arraycopy(row, 0, last, 0, row.length);
      added = look(Arrays.asList(row.clone()));
    }
    rowNumbers.setSafe(index, lastNumber);
    return added;
  }

  /// Gives the combinations that DuckDB does not have yet. They stay here until [#clear].
  void insertInto(String table, DuckDBConnection connection) throws SQLException {
    if (pending > 0) {
      view.insertInto(table, pending, connection);
    }
  }

  /// DuckDB has all that was given.
  void clear(boolean keepMemory) {
    view.clear(keepMemory);
    pending = 0;
  }

  /// Another staging table begins, which has none. Nothing may be pending.
  void renew() {
    remembered.clear();
    Arrays.fill(last, null);
    lastNumber = NONE;
    count = 0;
  }

  @Override
  public void close() {
    view.close();
  }

  private long look(List<@Nullable Map<String, String>> combination) {
    Integer known = remembered.get(combination);
    if (known != null) {
      lastNumber = known;
      return 0;
    }
    if (remembered.size() >= MAX_REMEMBERED) {
      remembered.clear();
    }
    lastNumber = count++;
    remembered.put(combination, lastNumber);
    numbers.setSafe(pending, lastNumber);
    long added = 0;
    for (int i = 0; i < vectors.size(); i++) {
      Map<String, String> map = combination.get(i);
      if (map != null) {
        added += add(vectors.get(i), map);
      }
    }
    pending++;
    return added;
  }

  private long add(MapVector vector, Map<String, String> map) {
    StructVector entries = (StructVector) vector.getDataVector();
    VarCharVector keys = (VarCharVector) entries.getChildByOrdinal(0);
    VarCharVector values = (VarCharVector) entries.getChildByOrdinal(1);
    long added = 0;
    int at = vector.startNewValue(pending);
    for (Map.Entry<String, String> entry : map.entrySet()) {
      entries.setIndexDefined(at);
      byte[] key = entry.getKey().getBytes(UTF_8);
      byte[] value = entry.getValue().getBytes(UTF_8);
      keys.setSafe(at, key);
      values.setSafe(at, value);
      at++;
      added += key.length + value.length + ENTRY_BYTES;
    }
    vector.endValue(pending, map.size());
    return added;
  }

  private static MapVector vector(String name, BufferAllocator allocator) {
    MapVector vector = MapVector.empty(name, allocator, false);
    Field key = new Field("key", FieldType.notNullable(ArrowType.Utf8.INSTANCE), null);
    Field value = new Field("value", FieldType.nullable(ArrowType.Utf8.INSTANCE), null);
    vector.initializeChildrenFromFields(
        List.of(
            new Field(
                MapVector.DATA_VECTOR_NAME,
                FieldType.notNullable(ArrowType.Struct.INSTANCE),
                List.of(key, value))));
    return vector;
  }

  @SuppressWarnings("unchecked")
  private static @Nullable Map<String, String>[] maps(int length) {
    return (Map<String, String>[]) new Map<?, ?>[length];
  }
}
