package dev.purser.lake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.table.Column;
import dev.purser.core.table.Table;
import dev.purser.lake.QueryException.Reason;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Tables in the order in which their rows reached the hub, so that a reader can follow them: each
/// row once, none left out.
///
/// What makes that true: each frame of the log has an ingest time of its own, later than that of
/// all before it, and the [Horizon] tells up to which of them every row is visible. So the rows
/// between a cursor and the horizon are all that there will ever be, and the next ones lie behind
/// it; whether they are staged, stored, or staged again after a restart makes no difference.
/// Thread-safe; blocks its caller in native code.
public final class Tails {
  /// The names of the columns that tell a row's place; no table has such.
  private static final String PLACE =
      "epoch_us(ingest_time) AS \"?micros\", source AS \"?source\", seq AS \"?seq\"";

  private static final int PLACE_COLUMNS = 3;

  /// How far back the last rows are looked for, in steps: most are young, and the whole table may
  /// be large.
  private static final List<Duration> LOOK_BACK =
      List.of(Duration.ofMinutes(10), Duration.ofHours(3), Duration.ofDays(2));

  private final Queries queries;
  private final Horizon horizon;
  private final InstantSource clock;
  private final Map<String, Table> tables = new TreeMap<>();

  Tails(Queries queries, Horizon horizon, List<LakeTable> tables, InstantSource clock) {
    this.queries = queries;
    this.horizon = horizon;
    this.clock = clock;
    tables.forEach(table -> this.tables.put(table.layout().name(), table.layout().table()));
  }

  /// Behind all rows that queries see, and all that the hub has taken so far by its clock.
  public Cursor now() {
    return Cursor.behind(Math.max(horizon.micros(), EpochMicros.now(clock)));
  }

  /// In front of the rows that the hub took since so long.
  public Cursor since(Duration ago) {
    return Cursor.behind(Math.max(0, EpochMicros.of(clock.instant().minus(ago))));
  }

  /// In front of the last rows of a selection, of those that queries see now.
  ///
  /// @param rows how many; fewer where there are not so many
  public Cursor last(Selection selection, long rows, QueryLimits limits)
      throws QueryException, IOException {
    Cursor now = now();
    for (Duration back : LOOK_BACK) {
      Cursor from = Cursor.behind(Math.max(0, now.ingestTimeMicros() - back.toNanos() / 1000));
      Optional<Cursor> found = before(selection, rows, from, now, limits);
      if (found.isPresent()) {
        return found.get();
      }
    }
    return before(selection, rows, Cursor.START, now, limits).orElse(Cursor.START);
  }

  /// Waits until queries see more than a cursor has passed.
  ///
  /// @return false when they do not, as the time is over or the lake was closed
  public boolean awaitBeyond(Cursor after, Duration atMost) throws InterruptedException {
    // Behind a row there may be others of its frame.
    long passed = after.source() == null ? after.ingestTimeMicros() : after.ingestTimeMicros() - 1;
    return horizon.awaitBeyond(passed, atMost);
  }

  /// Ends all waiting, now and later.
  public void endWaits() {
    horizon.close();
  }

  /// Gives the sink the rows behind a cursor, up to the limit, as far as it takes them.
  ///
  /// @return behind the last of them, or behind all that queries see if there are no more
  /// @throws QueryException for the user
  /// @throws IOException of the sink
  public Cursor read(Selection selection, Cursor after, QueryLimits limits, ResultSink sink)
      throws QueryException, IOException {
    long upTo = horizon.micros();
    boolean isAhead = after.compareTo(Cursor.behind(upTo)) >= 0;
    if (isAhead) {
      // Nothing to read, as of the cursor's own frame the rest may not be seen yet; but a wrong
      // expression is told at once.
      upTo = after.ingestTimeMicros() - 1;
    }
    String sql =
        "SELECT "
            + PLACE
            + columns(selection)
            + range(selection, after, upTo)
            + " ORDER BY ingest_time, source, seq LIMIT "
            + limits.rows();
    Places places = new Places(sink);
    QueryResult result = run(sql, selection, limits, places);
    Cursor last = places.last;
    if (isAhead) {
      return after;
    }
    boolean isCut = result.rows() == limits.rows() || sink.isFull();
    return isCut && last != null ? last : max(after, Cursor.behind(upTo));
  }

  /// The place behind the row that has so many behind it.
  private Optional<Cursor> before(
      Selection selection, long rows, Cursor from, Cursor upTo, QueryLimits limits)
      throws QueryException, IOException {
    String sql =
        "SELECT "
            + PLACE
            + range(selection, from, upTo.ingestTimeMicros())
            + " ORDER BY ingest_time DESC, source DESC, seq DESC LIMIT 1 OFFSET "
            + rows;
    Places places = new Places(new Nowhere());
    run(sql, selection, limits, places);
    return Optional.ofNullable(places.last);
  }

  private QueryResult run(String sql, Selection selection, QueryLimits limits, ResultSink sink)
      throws QueryException, IOException {
    return queries.run(
        connection -> Queries.Parsed.of(tree(connection, sql, selection.where())), limits, sink);
  }

  /// The tree of a statement of ours, with the user's expression as one more of the conditions that
  /// all must hold.
  private JsonNode tree(Connection connection, String sql, @Nullable String where)
      throws SQLException, QueryException {
    JsonNode tree = queries.parse(connection, sql);
    if (where != null) {
      JsonNode all = tree.at("/statements/0/node/where_clause/children");
      if (!(all instanceof ArrayNode conditions)) {
        throw new IllegalStateException("no conditions in " + sql);
      }
      conditions.add(queries.parseExpression(connection, where));
    }
    return tree;
  }

  private Table table(Selection selection) throws QueryException {
    Table table = tables.get(selection.table().toLowerCase(Locale.ROOT));
    if (table == null) {
      throw new QueryException(
          Reason.INVALID,
          "no table "
              + SqlGuard.quoted(selection.table())
              + "; there are: "
              + String.join(", ", tables.keySet()));
    }
    return table;
  }

  /// The columns of a selection, each behind a comma.
  private String columns(Selection selection) throws QueryException {
    List<String> all = table(selection).columns().stream().map(Column::name).toList();
    List<String> chosen = new ArrayList<>();
    for (String name : selection.columns().isEmpty() ? all : selection.columns()) {
      String column = name.toLowerCase(Locale.ROOT);
      if (!all.contains(column)) {
        throw new QueryException(
            Reason.INVALID,
            "no column "
                + SqlGuard.quoted(name)
                + " in table "
                + selection.table()
                + "; there are: "
                + String.join(", ", all));
      }
      chosen.add(column);
    }
    return chosen.stream()
        .map(column -> ", " + TableLayout.quote(column))
        .collect(Collectors.joining());
  }

  /// FROM and WHERE. The bounds of the ingest time stand alone, so that they choose the files to
  /// read.
  private String range(Selection selection, Cursor after, long upToMicros) throws QueryException {
    StringBuilder sql = new StringBuilder(" FROM ");
    sql.append(TableLayout.quote(table(selection).name()));
    sql.append(" WHERE ingest_time <= ").append(time(Cursor.behind(upToMicros)));
    String source = after.source();
    if (source == null) {
      sql.append(" AND ingest_time > ").append(time(after));
    } else {
      String name = TableLayout.literal(source);
      sql.append(" AND ingest_time >= ").append(time(after));
      sql.append(" AND (ingest_time > ").append(time(after));
      sql.append(" OR source > ").append(name);
      sql.append(" OR (source = ").append(name).append(" AND seq > ").append(after.seq());
      sql.append("))");
    }
    return sql.toString();
  }

  private static String time(Cursor cursor) {
    return "TIMESTAMPTZ " + TableLayout.literal(cursor.ingestTime().toString());
  }

  private static Cursor max(Cursor a, Cursor b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  /// Takes the row's place off its front, and remembers the last.
  private static final class Places implements ResultSink {
    private final ResultSink sink;
    private @Nullable Cursor last;

    Places(ResultSink sink) {
      this.sink = sink;
    }

    @Override
    public void columns(List<ResultColumn> columns) throws IOException {
      sink.columns(columns.subList(PLACE_COLUMNS, columns.size()));
    }

    @Override
    public void row(List<@Nullable Object> values) throws IOException {
      if (values.get(0) instanceof Long micros
          && values.get(1) instanceof String source
          && values.get(2) instanceof Long seq) {
        last = new Cursor(micros, source, seq);
        sink.row(values.subList(PLACE_COLUMNS, values.size()));
      } else {
        throw new IllegalStateException("a row without its place: " + values.subList(0, 3));
      }
    }

    @Override
    public boolean isFull() {
      return sink.isFull();
    }
  }

  /// For a question whose answer is a place alone.
  private static final class Nowhere implements ResultSink {
    @Override
    public void columns(List<ResultColumn> columns) {}

    @Override
    public void row(List<@Nullable Object> values) {}
  }
}
