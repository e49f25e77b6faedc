package dev.purser.testkit;

import dev.purser.core.table.Row;
import dev.purser.core.table.Table;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a decoder sets, by the names of the columns; setting a column twice is an error.
public final class FilledRow implements Row {
  private final Table table;
  private final Map<String, Object> values = new LinkedHashMap<>();

  public FilledRow(Table table) {
    this.table = table;
  }

  /// Columns that were set, in the order in which they were.
  public Map<String, Object> values() {
    return values;
  }

  @Override
  public void set(int column, long value) {
    put(column, value);
  }

  @Override
  public void set(int column, double value) {
    put(column, value);
  }

  @Override
  public void set(int column, @Nullable String value) {
    if (value != null) {
      put(column, value);
    }
  }

  @Override
  public void set(int column, byte[] bytes, int from, int to) {
    put(column, new String(bytes, from, to - from, StandardCharsets.UTF_8));
  }

  @Override
  public void set(int column, List<String> list) {
    put(column, List.copyOf(list));
  }

  @Override
  public void set(int column, Map<String, String> map) {
    put(column, Map.copyOf(map));
  }

  private void put(int column, Object value) {
    Object before = values.put(table.columns().get(column).name(), value);
    if (before != null) {
      throw new IllegalStateException("set twice: " + table.columns().get(column).name());
    }
  }
}
