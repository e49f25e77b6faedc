package dev.purser.lake;

import dev.purser.core.table.ColumnType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.jdbc.JdbcCatalog;
import org.apache.iceberg.jdbc.UncheckedSQLException;
import org.apache.iceberg.types.Types;

/// The lake's directory: `catalog.db`, an Iceberg catalog in SQLite, and `warehouse/`, a directory
/// for each table.
final class Warehouse implements AutoCloseable {
  private static final String NAME = "purser";
  private static final Namespace NAMESPACE = Namespace.of(NAME);
  private static final int FORMAT_VERSION = 2;

  private final DurableFiles files;
  private final LakeFileIo io;
  private final Path root;
  private final JdbcCatalog catalog;
  private final ExecutorService workers =
      Executors.newFixedThreadPool(
          1, Thread.ofPlatform().name("lake-manifests").daemon().factory());
  private final List<LakeTable> tables = new ArrayList<>();

  private Warehouse(DurableFiles files, LakeFileIo io, Path root, JdbcCatalog catalog) {
    this.files = files;
    this.io = io;
    this.root = root;
    this.catalog = catalog;
  }

  /// Opens or creates the tables, gives them columns that their definitions have gained, and
  /// removes files that no snapshot holds: the rest of a commit that did not come to its end.
  ///
  /// @throws IOException when the disk, or the catalog on it, cannot be used; the message names it
  static Warehouse open(Path directory, List<TableLayout> layouts, DurableFiles files)
      throws IOException {
    Path root = directory.toAbsolutePath().normalize().resolve("warehouse");
    files.disk().createDirectories(root);
    LakeFileIo io = new LakeFileIo(files);
    JdbcCatalog catalog = new JdbcCatalog(_ -> io, null, true);
    Warehouse warehouse = new Warehouse(files, io, root, catalog);
    try {
      catalog.initialize(NAME, catalogProperties(directory, root));
      if (!catalog.namespaceExists(NAMESPACE)) {
        catalog.createNamespace(NAMESPACE);
      }
      files.disk().forceDirectory(directory);
      for (TableLayout layout : layouts) {
        LakeTable table = warehouse.openTable(layout);
        warehouse.tables.add(table);
        warehouse.removeOrphans(table, root.resolve(layout.name()));
      }
      return warehouse;
    } catch (UncheckedSQLException e) {
      warehouse.close();
      throw new IOException(
          "cannot use the catalog in "
              + directory
              + ": "
              + (e.getCause() == null ? e : e.getCause()).getMessage(),
          e);
    } catch (IOException | RuntimeException e) {
      warehouse.close();
      throw e;
    }
  }

  List<LakeTable> tables() {
    return List.copyOf(tables);
  }

  Path root() {
    return root;
  }

  @Override
  public void close() {
    workers.shutdownNow();
    catalog.close();
  }

  /// A truncated journal is synced (a deleted one is not, it could come back after a power loss and
  /// undo a commit).
  private static Map<String, String> catalogProperties(Path directory, Path root) {
    return Map.of(
        CatalogProperties.URI,
        "jdbc:sqlite:" + directory.toAbsolutePath().normalize().resolve("catalog.db"),
        CatalogProperties.WAREHOUSE_LOCATION,
        LakeFileIo.location(root),
        CatalogProperties.CLIENT_POOL_SIZE,
        "1",
        "jdbc.schema-version",
        "V1",
        "jdbc.synchronous",
        "FULL",
        "jdbc.journal_mode",
        "TRUNCATE");
  }

  private LakeTable openTable(TableLayout layout) {
    TableIdentifier id = TableIdentifier.of(NAMESPACE, layout.name());
    Path directory = root.resolve(layout.name());
    if (!catalog.tableExists(id)) {
      refuseForeignData(layout, directory);
      create(id, layout, directory);
    }
    Table table = catalog.loadTable(id);
    evolve(((HasTableOperations) table).operations(), layout);
    return new LakeTable(layout, table, directory, workers);
  }

  /// Data files of a table that the catalog does not know mean that the catalog was lost, not that
  /// they are orphans.
  private static void refuseForeignData(TableLayout layout, Path directory) {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      if (files.anyMatch(file -> file.toString().endsWith(".parquet"))) {
        throw new IllegalStateException(
            "the lake's catalog does not know the table "
                + layout.name()
                + ", but its data files are in "
                + directory
                + ": bring back catalog.db, or move the whole data directory away");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Registers metadata made here: the catalog's own way to create a table would number the columns
  /// anew.
  private void create(TableIdentifier id, TableLayout layout, Path directory) {
    Schema schema = new Schema(layout.fields());
    TableMetadata metadata =
        TableMetadata.buildFromEmpty(FORMAT_VERSION)
            .assignUUID()
            .setLocation(LakeFileIo.location(directory))
            .setCurrentSchema(schema, schema.highestFieldId())
            .setDefaultPartitionSpec(TableLayout.partition(schema))
            .setDefaultSortOrder(layout.order(schema))
            .setProperties(properties(layout))
            .build();
    String file =
        LakeFileIo.location(
            directory.resolve("metadata").resolve("00000-" + UUID.randomUUID() + ".metadata.json"));
    TableMetadataParser.write(metadata, io.newOutputFile(file));
    catalog.registerTable(id, file);
  }

  /// Adds the columns that the definition has and the table has not, under their defined ids.
  private static void evolve(TableOperations operations, TableLayout layout) {
    TableMetadata base = operations.current();
    Map<Integer, Types.NestedField> present = new HashMap<>();
    List<Types.NestedField> fields = new ArrayList<>(base.schema().columns());
    fields.forEach(field -> present.put(field.fieldId(), field));
    for (Types.NestedField defined : layout.fields()) {
      Types.NestedField found = present.get(defined.fieldId());
      if (found == null) {
        fields.add(defined);
      } else if (!found.name().equals(defined.name()) || !found.type().equals(defined.type())) {
        throw new IllegalStateException(
            "table %s: column %d is \"%s\" %s in the lake and \"%s\" %s in this version of purser"
                .formatted(
                    layout.name(),
                    defined.fieldId(),
                    found.name(),
                    found.type(),
                    defined.name(),
                    defined.type()));
      }
    }
    TableMetadata.Builder builder = TableMetadata.buildFrom(base);
    boolean changed = false;
    Schema schema = new Schema(fields);
    if (fields.size() > base.schema().columns().size()) {
      builder.setCurrentSchema(schema, Math.max(base.lastColumnId(), schema.highestFieldId()));
      changed = true;
    }
    if (!layout.order(schema).sameOrder(base.sortOrder())) {
      builder.setDefaultSortOrder(layout.order(schema));
      changed = true;
    }
    Map<String, String> properties = properties(layout);
    if (!base.properties().entrySet().containsAll(properties.entrySet())) {
      builder.setProperties(properties);
      changed = true;
    }
    if (changed) {
      operations.commit(base, builder.build());
    }
  }

  private static Map<String, String> properties(TableLayout layout) {
    Map<String, String> properties = new HashMap<>();
    properties.put(TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED, "true");
    properties.put(TableProperties.METADATA_PREVIOUS_VERSIONS_MAX, "5");
    properties.put(TableProperties.MANIFEST_MERGE_ENABLED, "true");
    properties.put(TableProperties.MANIFEST_MIN_MERGE_COUNT, "20");
    properties.put(TableProperties.MAX_SNAPSHOT_AGE_MS, "3600000");
    properties.put(TableProperties.PARQUET_COMPRESSION, "zstd");
    properties.put(TableProperties.DEFAULT_WRITE_METRICS_MODE, "counts");
    layout
        .table()
        .columns()
        .forEach(column -> {
          if (ColumnBounds.kept(column)) {
            properties.put(
                TableProperties.METRICS_MODE_COLUMN_CONF_PREFIX + column.name(),
                column.type() == ColumnType.STRING
                    ? "truncate(" + ColumnBounds.STRING_LENGTH + ")"
                    : "full");
          }
        });
    return properties;
  }

  private void removeOrphans(LakeTable table, Path directory) throws IOException {
    Set<Path> reachable = table.reachable();
    for (String part : List.of("data", "metadata")) {
      removeOrphans(directory.resolve(part), reachable);
    }
  }

  private void removeOrphans(Path directory, Set<Path> reachable) throws IOException {
    for (Path path : files.disk().list(directory)) {
      if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        removeOrphans(path, reachable);
      } else if (!reachable.contains(path)) {
        files.disk().delete(path);
      }
    }
  }
}
