package dev.purser.lake;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.iceberg.DataFile;

/// Brings frozen staging tables into the Iceberg tables. Whatever fails can be tried again: what a
/// table holds is in its own summary, and is looked up before anything is done twice. Used by one
/// thread at a time.
final class Committer {
  /// A replaced snapshot is kept for queries that read it.
  private static final Duration SNAPSHOT_KEPT = Duration.ofHours(1);

  private static final Duration CLEAN_EVERY = Duration.ofMinutes(10);
  private static final Duration RETENTION_EVERY = Duration.ofHours(1);

  private final DataFileWriter writer;
  private final DurableFiles files;
  private final List<LakeTable> tables;
  private final UUID walId;
  private final Duration retention;
  private final InstantSource clock;
  private volatile long cleanedMillis;
  private long retainedMillis;

  Committer(
      DataFileWriter writer,
      DurableFiles files,
      Warehouse warehouse,
      UUID walId,
      Duration retention,
      InstantSource clock) {
    this.writer = writer;
    this.files = files;
    this.tables = warehouse.tables();
    this.walId = walId;
    this.retention = retention;
    this.clock = clock;
    this.cleanedMillis = clock.millis();
  }

  /// Commits the rows of one table; does nothing if it did before.
  ///
  /// @param offset the place in the log up to which the rows reach
  /// @param complete the place up to which all tables are known to hold theirs
  void commit(StagedTable staged, long offset, long complete) throws IOException, SQLException {
    LakeTable table = staged.table();
    table.refresh();
    long from = table.offset(walId);
    if (from >= offset) {
      return;
    }
    List<DataFile> written = new ArrayList<>();
    for (LocalDate day : staged.days()) {
      written.add(writer.write(staged, day, walId + "-" + from + "-" + offset + ".parquet"));
    }
    long rows = written.stream().mapToLong(DataFile::recordCount).sum();
    if (rows != staged.rows()) {
      throw new IllegalStateException(
          "table %s: %d rows staged, %d written"
              .formatted(table.layout().name(), staged.rows(), rows));
    }
    files.disk().step("commit");
    try {
      table.append(written, walId, offset, complete);
    } catch (RuntimeException e) {
      // It may be committed all the same.
      table.refresh();
      if (table.offset(walId) < offset) {
        throw e;
      }
    }
    files.check();
  }

  /// Whether [#clean] has something to do. Any thread may ask.
  boolean cleanDue() {
    return clock.millis() - cleanedMillis >= CLEAN_EVERY.toMillis();
  }

  /// Drops the days that are older than the retention.
  ///
  /// @return whether the tables changed
  boolean retain() {
    LocalDate first = LocalDate.ofInstant(clock.instant().minus(retention), ZoneOffset.UTC);
    boolean dropped = false;
    for (LakeTable table : tables) {
      dropped |= table.dropBefore(first);
    }
    retainedMillis = clock.millis();
    files.check();
    return dropped;
  }

  /// Removes the files that nothing needs any more, and once an hour retains.
  ///
  /// @return whether the tables changed
  boolean clean() {
    if (!cleanDue()) {
      return false;
    }
    files.disk().step("clean");
    long now = clock.millis();
    for (LakeTable table : tables) {
      table.expire(now - SNAPSHOT_KEPT.toMillis());
    }
    cleanedMillis = now;
    files.check();
    return now - retainedMillis >= RETENTION_EVERY.toMillis() && retain();
  }
}
