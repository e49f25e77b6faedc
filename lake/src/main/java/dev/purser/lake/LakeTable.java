package dev.purser.lake;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFiles;
import org.apache.iceberg.ExpireSnapshots;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ReachableFileUtil;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.Table;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;

/// One Iceberg table of the lake, with the place in the write-ahead log up to which it holds the
/// rows.
///
/// That place is in the summary of its newest snapshot, so it is committed with the rows or not at
/// all. Written by one thread; [#files] by any.
final class LakeTable {
  /// Summary: the id of the write-ahead log that the offsets are of.
  static final String WAL_ID = "purser.wal-id";

  /// Summary: all rows of this table below this offset are in the table.
  static final String WAL_OFFSET = "purser.wal-offset";

  /// Summary: all rows of *all* tables below this offset were in their tables when the snapshot was
  /// made.
  static final String WAL_COMPLETE = "purser.wal-complete";

  private final TableLayout layout;
  private final Table table;
  private final Path directory;
  private final ExecutorService workers;

  /// @param workers read and write manifests; Iceberg's own end before a hub that is told to stop
  ///   has made its last commit
  LakeTable(TableLayout layout, Table table, Path directory, ExecutorService workers) {
    this.layout = layout;
    this.table = table;
    this.directory = directory;
    this.workers = workers;
  }

  TableLayout layout() {
    return layout;
  }

  Table table() {
    return table;
  }

  /// Where a data file of a day lies.
  Path dataFile(LocalDate day, String name) {
    return directory.resolve("data").resolve(TableLayout.PARTITION + "=" + day).resolve(name);
  }

  /// See [#WAL_OFFSET]; 0 when its rows came from another log.
  long offset(UUID walId) {
    return summaryOffset(walId, WAL_OFFSET);
  }

  /// See [#WAL_COMPLETE]; 0 when its rows came from another log.
  long complete(UUID walId) {
    return summaryOffset(walId, WAL_COMPLETE);
  }

  /// The newest snapshot; null while the table is empty and never had a row.
  @Nullable Long snapshot() {
    Snapshot current = table.currentSnapshot();
    return current == null ? null : current.snapshotId();
  }

  /// Reads the table's state anew: after a commit whose outcome is not known.
  void refresh() {
    table.refresh();
  }

  /// Adds files and moves the offsets, in one commit.
  void append(List<DataFile> files, UUID walId, long offset, long complete) {
    AppendFiles append =
        table.newAppend().scanManifestsWith(workers).writeManifestsWith(workers, 1);
    files.forEach(append::appendFile);
    append.set(WAL_ID, walId.toString());
    append.set(WAL_OFFSET, Long.toString(offset));
    append.set(WAL_COMPLETE, Long.toString(complete));
    append.commit();
  }

  /// Drops whole days before `day`, by metadata alone. Their files go when the snapshots that hold
  /// them expire.
  ///
  /// @return whether there were any
  boolean dropBefore(LocalDate day) {
    Expression before =
        Expressions.lessThan("ingest_time", day.toEpochDay() * TableLayout.DAY_MICROS);
    if (snapshot() == null || files(table.currentSnapshot().snapshotId(), before).isEmpty()) {
      return false;
    }
    DeleteFiles delete =
        table
            .newDelete()
            .deleteFromRowFilter(before)
            .scanManifestsWith(workers)
            .writeManifestsWith(workers, 1);
    copySummary(delete);
    delete.commit();
    return true;
  }

  /// Drops the snapshots that were replaced before a time, with the files that only they hold. What
  /// was current later stays, whenever it was made: a query may still read it.
  void expire(long replacedBeforeMillis) {
    List<Long> expired = new ArrayList<>();
    Snapshot successor = null;
    for (Snapshot snapshot : SnapshotUtil.currentAncestors(table)) {
      if (successor != null && successor.timestampMillis() < replacedBeforeMillis) {
        expired.add(snapshot.snapshotId());
      }
      successor = snapshot;
    }
    if (expired.isEmpty()) {
      return;
    }
    ExpireSnapshots expire =
        table.expireSnapshots().expireOlderThan(0).retainLast(1).planWith(workers);
    expired.forEach(expire::expireSnapshotId);
    expire.commit();
  }

  /// The data files of a snapshot that may hold rows for a filter.
  List<Path> files(@Nullable Long snapshotId, Expression filter) {
    List<Path> paths = new ArrayList<>();
    if (snapshotId == null) {
      return paths;
    }
    try (CloseableIterable<FileScanTask> tasks =
        table.newScan().useSnapshot(snapshotId).filter(filter).planFiles()) {
      for (FileScanTask task : tasks) {
        paths.add(LakeFileIo.path(task.file().location()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return paths;
  }

  /// Every file that some snapshot, or the metadata log, still needs.
  Set<Path> reachable() {
    Set<String> locations = new HashSet<>(ReachableFileUtil.metadataFileLocations(table, false));
    locations.addAll(ReachableFileUtil.manifestListLocations(table));
    locations.addAll(ReachableFileUtil.statisticsFilesLocations(table));
    Map<String, ManifestFile> manifests = new java.util.HashMap<>();
    for (Snapshot snapshot : table.snapshots()) {
      for (ManifestFile manifest : snapshot.allManifests(table.io())) {
        manifests.put(manifest.path(), manifest);
      }
    }
    locations.addAll(manifests.keySet());
    for (ManifestFile manifest : manifests.values()) {
      try (CloseableIterable<String> paths =
          ManifestFiles.readPaths(manifest, table.io(), table.specs())) {
        paths.forEach(locations::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    Set<Path> reachable = new HashSet<>();
    locations.forEach(location -> reachable.add(LakeFileIo.path(location)));
    return reachable;
  }

  private long summaryOffset(UUID walId, String key) {
    Map<String, String> summary = summary();
    return walId.toString().equals(summary.get(WAL_ID))
        ? Long.parseLong(summary.getOrDefault(key, "0"))
        : 0;
  }

  /// The newest summary that has our keys: another engine may have committed since without them.
  private Map<String, String> summary() {
    for (Snapshot snapshot : SnapshotUtil.currentAncestors(table)) {
      if (snapshot.summary().containsKey(WAL_ID)) {
        return snapshot.summary();
      }
    }
    return Map.of();
  }

  private void copySummary(SnapshotUpdate<?> update) {
    Map<String, String> summary = summary();
    for (String key : List.of(WAL_ID, WAL_OFFSET, WAL_COMPLETE)) {
      String value = summary.get(key);
      if (value != null) {
        update.set(key, value);
      }
    }
  }
}
