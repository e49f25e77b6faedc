package dev.purser.lake;

import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.duckdb.DuckDBConnection;

/// Rows on their way into the tables: in DuckDB's memory, where queries see them. It owns nothing,
/// all of it is in the write-ahead log.
///
/// Each table has one staging table that takes rows; a commit freezes it and later drops it. The
/// caller holds the staging lock.
final class Staging implements AutoCloseable {
  /// An empty table, for transactions to begin with.
  static final String ANCHOR = "purser_anchor";

  private final DuckDBConnection connection;
  private final Live live;
  private final BufferAllocator allocator = new RootAllocator();
  private final List<Active> actives = new ArrayList<>();
  private long generation;

  Staging(DuckDBConnection connection, Live live, List<LakeTable> tables) throws SQLException {
    this.connection = connection;
    this.live = live;
    connection.setAutoCommit(false);
    execute("CREATE TABLE " + ANCHOR + " (nothing BOOLEAN)");
    Map<String, Live.Parts> parts = new HashMap<>();
    for (LakeTable table : tables) {
      Active active = new Active(table, new RowBuffer(table.layout(), allocator));
      actives.add(active);
      active.buffer.register(connection);
      create(active);
      parts.put(
          table.layout().name(), new Live.Parts(table.snapshot(), List.of(active.stagingName)));
    }
    live.change(connection::commit, parts);
  }

  /// Where rows of a table go.
  RowBuffer buffer(int table) {
    return actives.get(table).buffer;
  }

  /// Notes that a buffer holds rows of this ingest time.
  void mark(int table, long ingestTimeMicros) {
    actives
        .get(table)
        .days
        .add(LocalDate.ofEpochDay(Math.floorDiv(ingestTimeMicros, TableLayout.DAY_MICROS)));
  }

  int bufferedRows() {
    return actives.stream().mapToInt(active -> active.buffer.rows()).sum();
  }

  long bufferedBytes() {
    return actives.stream().mapToLong(active -> active.buffer.sizeBytes()).sum();
  }

  /// Size of all rows that are not frozen.
  long sizeBytes() {
    return actives.stream().mapToLong(active -> active.sizeBytes + active.buffer.sizeBytes()).sum();
  }

  /// How many rows are not frozen.
  long rows() {
    return actives.stream().mapToLong(active -> active.rows + active.buffer.rows()).sum();
  }

  /// Gives buffered rows to DuckDB, all or none: when it throws, they are still in the buffers.
  void flush() throws SQLException {
    try {
      boolean any = false;
      for (Active active : actives) {
        if (active.buffer.rows() > 0) {
          any = true;
          active.buffer.insertInto(active.stagingName, connection);
        }
      }
      if (!any) {
        return;
      }
      connection.commit();
    } catch (SQLException | RuntimeException | Error e) {
      abandon(e);
      throw e;
    }
    for (Active active : actives) {
      active.rows += active.buffer.rows();
      active.sizeBytes += active.buffer.sizeBytes();
      active.buffer.clear();
    }
  }

  /// Ends the staging tables that have rows and begins new ones. Queries go on to see both.
  List<StagedTable> freeze() throws SQLException {
    flush();
    List<StagedTable> frozen = new ArrayList<>();
    Map<String, Live.Parts> parts = new HashMap<>(live.parts());
    List<Active> renewed = new ArrayList<>();
    try {
      for (Active active : actives) {
        if (active.rows == 0) {
          continue;
        }
        frozen.add(
            new StagedTable(
                active.table, active.stagingName, active.rows, new TreeSet<>(active.days)));
        Active next = new Active(active.table, active.buffer);
        create(next);
        renewed.add(next);
        Live.Parts before = parts.get(active.table.layout().name());
        List<String> names = new ArrayList<>(before == null ? List.of() : before.stagingNames());
        names.add(next.stagingName);
        parts.put(
            active.table.layout().name(),
            new Live.Parts(before == null ? null : before.snapshot(), names));
      }
      live.change(connection::commit, parts);
    } catch (SQLException | RuntimeException | Error e) {
      abandon(e);
      throw e;
    }
    for (Active next : renewed) {
      next.buffer.renew();
      actives.replaceAll(active -> active.table == next.table ? next : active);
    }
    return frozen;
  }

  /// Replaces frozen staging tables by the snapshots that hold their rows now, in one step for all
  /// queries.
  void drop(List<StagedTable> frozen, List<LakeTable> tables) throws SQLException {
    Map<String, Live.Parts> parts = new HashMap<>();
    Map<String, Live.Parts> before = live.parts();
    for (LakeTable table : tables) {
      String name = table.layout().name();
      List<String> names = new ArrayList<>();
      Live.Parts present = before.get(name);
      if (present != null) {
        names.addAll(present.stagingNames());
      }
      frozen.stream()
          .filter(staged -> staged.table() == table)
          .forEach(staged -> names.remove(staged.name()));
      parts.put(name, new Live.Parts(table.snapshot(), names));
    }
    try {
      for (StagedTable staged : frozen) {
        for (String statement : staged.table().layout().dropStaging(staged.name())) {
          execute(statement);
        }
      }
      live.change(connection::commit, parts);
    } catch (SQLException | RuntimeException | Error e) {
      abandon(e);
      throw e;
    }
  }

  @Override
  public void close() throws SQLException {
    try (allocator;
        connection) {
      actives.forEach(active -> active.buffer.close());
    }
  }

  private void create(Active active) throws SQLException {
    active.stagingName = active.table.layout().name() + "_" + generation++;
    for (String statement : active.table.layout().createStaging(active.stagingName)) {
      execute(statement);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void abandon(Throwable cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  private static final class Active {
    private final LakeTable table;
    private final RowBuffer buffer;
    private final TreeSet<LocalDate> days = new TreeSet<>();
    private String stagingName = "";
    private long rows;
    private long sizeBytes;

    Active(LakeTable table, RowBuffer buffer) {
      this.table = table;
      this.buffer = buffer;
    }
  }
}
