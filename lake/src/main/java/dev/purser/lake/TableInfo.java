package dev.purser.lake;

import dev.purser.core.table.Column;
import java.util.List;

/// A table for `purser tables`.
public record TableInfo(String name, String description, List<Column> columns) {
  public TableInfo {
    columns = List.copyOf(columns);
  }
}
