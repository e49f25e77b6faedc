package dev.purser.lake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A sink that keeps what it gets.
final class Answer implements ResultSink {
  private List<ResultColumn> columns = List.of();
  private final List<List<@Nullable Object>> rows = new ArrayList<>();

  static Answer of(Lake lake, String sql) throws QueryException, IOException {
    Answer answer = new Answer();
    lake.query(sql, QueryLimits.DEFAULT, answer);
    return answer;
  }

  static @Nullable Object value(Lake lake, String sql) throws QueryException, IOException {
    return of(lake, sql).rows.get(0).get(0);
  }

  List<ResultColumn> columns() {
    return columns;
  }

  List<List<@Nullable Object>> rows() {
    return rows;
  }

  /// The first column.
  List<@Nullable Object> values() {
    List<@Nullable Object> values = new ArrayList<>();
    rows.forEach(row -> values.add(row.get(0)));
    return values;
  }

  @Override
  public void columns(List<ResultColumn> found) {
    columns = found;
  }

  @Override
  public void row(List<@Nullable Object> values) {
    rows.add(values);
  }
}
