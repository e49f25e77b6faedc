package dev.purser.lake;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which rows of a table, and what of them. As its user wrote it: nothing of it is to be trusted.
///
/// @param columns by name; all where it is empty
/// @param where an SQL expression that is true of the rows; null for all
public record Selection(String table, List<String> columns, @Nullable String where) {
  public Selection {
    columns = List.copyOf(columns);
  }
}
