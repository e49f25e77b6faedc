package dev.purser.lake;

import dev.purser.core.table.Column;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.jspecify.annotations.Nullable;

/// Writes staged rows, sorted, into Parquet files that are on the medium when it returns.
final class DataFileWriter {
  /// DuckDB skips and reads in parallel by row groups: small ones.
  private static final int ROW_GROUP_ROWS = 40_960;

  private final Connection connection;
  private final DurableFiles files;

  DataFileWriter(Connection connection, DurableFiles files) {
    this.connection = connection;
    this.files = files;
  }

  /// Writes the rows of one day. A file of that name that is there already belongs to a try that
  /// failed.
  DataFile write(StagedTable staged, LocalDate day, String name) throws IOException, SQLException {
    Path path = staged.table().dataFile(day, name);
    files.disk().createDirectories(java.util.Objects.requireNonNull(path.getParent()));
    files.disk().step("copy");
    DataFile written = copy(staged, day, path);
    files.disk().step("force");
    files.force(path);
    return written;
  }

  private DataFile copy(StagedTable staged, LocalDate day, Path path) throws SQLException {
    TableLayout layout = staged.table().layout();
    String only =
        staged.days().size() == 1
            ? ""
            : "ingest_time >= make_timestamptz(%d) AND ingest_time < make_timestamptz(%d)"
                .formatted(
                    day.toEpochDay() * TableLayout.DAY_MICROS,
                    (day.toEpochDay() + 1) * TableLayout.DAY_MICROS);
    String sql =
        "COPY (%s) TO %s (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE %d, FIELD_IDS %s, RETURN_STATS, USE_TMP_FILE false)"
            .formatted(
                layout.selectSorted(staged.name(), only),
                TableLayout.literal(path.toString()),
                ROW_GROUP_ROWS,
                layout.fieldIds());
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      if (!result.next()) {
        throw new SQLException("COPY to " + path + " returned no statistics");
      }
      long rows = result.getLong("count");
      return DataFiles.builder(staged.table().table().spec())
          .withPath(LakeFileIo.location(path))
          .withFormat(FileFormat.PARQUET)
          .withPartitionPath(TableLayout.PARTITION + "=" + day)
          .withFileSizeInBytes(result.getLong("file_size_bytes"))
          .withSortOrder(staged.table().table().sortOrder())
          .withMetrics(
              bounds(layout, rows, (Map<?, ?>) result.getObject("column_statistics")).metrics(rows))
          .build();
    }
  }

  private static ColumnBounds bounds(TableLayout layout, long rows, Map<?, ?> statistics) {
    ColumnBounds bounds = new ColumnBounds();
    for (Column column : layout.table().columns()) {
      Object found = statistics.get('"' + column.name().toLowerCase(Locale.ROOT) + '"');
      if (found instanceof Map<?, ?> values) {
        Map<String, @Nullable String> texts = new HashMap<>();
        values.forEach(
            (key, value) -> texts.put(key.toString(), value == null ? null : value.toString()));
        bounds.add(column, rows, texts);
      }
    }
    return bounds;
  }
}
