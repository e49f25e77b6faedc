package dev.purser.lake;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.lake.QueryException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/// SQL of users over files and staged rows.
///
/// A query runs in one DuckDB transaction with views of its own: its tables' files, as a snapshot
/// names them, and their staging tables at one moment. Its text reaches DuckDB only as a serialized
/// syntax tree that [SqlGuard] has passed. Thread-safe; blocks its caller in native code.
final class Queries implements AutoCloseable {
  private static final int MAX_SQL_CHARS = 1 << 20;
  private static final Pattern NOISE =
      Pattern.compile(
          "^(?:Invalid Input Error: Attempting to execute an unsuccessful or closed pending query result\\s*Error: )?",
          Pattern.DOTALL);

  private final DuckDBConnection root;
  private final Live live;
  private final Map<String, LakeTable> tables = new LinkedHashMap<>();
  private final ObjectMapper json = new ObjectMapper();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("lake-query-timer").daemon().factory());

  Queries(DuckDBConnection root, Live live, List<LakeTable> tables) {
    this.root = root;
    this.live = live;
    tables.forEach(table -> this.tables.put(table.layout().name(), table));
  }

  QueryResult run(String sql, QueryLimits limits, ResultSink sink)
      throws QueryException, IOException {
    if (sql.length() > MAX_SQL_CHARS || sql.indexOf(0) >= 0) {
      throw new QueryException(Reason.INVALID, "the query is longer than 1 MB, or holds a NUL");
    }
    return run(connection -> parse(connection, sql, 0), limits, sink);
  }

  /// What is asked: parsed in the transaction in which it is answered.
  interface Question {
    Parsed parse(Connection connection) throws SQLException, QueryException;
  }

  /// A query's syntax tree.
  ///
  /// @param serialized the tree as DuckDB takes it
  record Parsed(JsonNode tree, String serialized) {
    static Parsed of(JsonNode tree) {
      return new Parsed(tree, tree.toString());
    }
  }

  /// Runs one SELECT. Whoever made its tree, it passes the guard.
  QueryResult run(Question question, QueryLimits limits, ResultSink sink)
      throws QueryException, IOException {
    try (Connection connection = root.duplicate()) {
      Map<String, Live.Parts> parts = live.begin(connection);
      try {
        Parsed parsed = question.parse(connection);
        Set<String> used = SqlGuard.check(parsed.tree(), tables.keySet());
        int files = createViews(connection, parsed.tree(), used, parts);
        return execute(connection, parsed.serialized(), limits, sink, files);
      } finally {
        connection.rollback();
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /// The syntax tree of a statement of ours.
  JsonNode parse(Connection connection, String sql) throws SQLException, QueryException {
    return parse(connection, sql, 0).tree();
  }

  /// The syntax tree of a user's expression, to become a part of another tree.
  JsonNode parseExpression(Connection connection, String text) throws SQLException, QueryException {
    if (text.length() > MAX_SQL_CHARS || text.indexOf(0) >= 0) {
      throw new QueryException(
          Reason.INVALID, "the expression is longer than 1 MB, or holds a NUL");
    }
    // Behind a line feed no comment can hide the end.
    JsonNode written = parse(connection, "SELECT (\n" + text + "\n)", 1).tree();
    JsonNode harmless = parse(connection, "SELECT (\nNULL\n)");
    return SqlGuard.expression(written, harmless);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  /// @param linesBefore how many lines of the text are not the user's
  private Parsed parse(Connection connection, String sql, int linesBefore)
      throws SQLException, QueryException {
    String serialized = serialize(connection, sql);
    JsonNode tree;
    try {
      tree = json.readTree(serialized);
    } catch (JacksonException e) {
      throw new QueryException(Reason.REFUSED, "the query is nested too deeply", e);
    }
    if (!tree.path("error").asBoolean()) {
      return new Parsed(tree, serialized);
    }
    String message = tree.path("error_message").asText();
    if (tree.path("error_type").asText().equals("not implemented")) {
      throw new QueryException(Reason.REFUSED, "only a SELECT is allowed here");
    }
    int position = tree.path("position").asInt(-1);
    throw new QueryException(Reason.INVALID, message + place(position, sql, linesBefore));
  }

  private static String serialize(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT json_serialize_sql(?::VARCHAR)")) {
      statement.setString(1, sql);
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return result.getString(1);
      }
    }
  }

  /// Where in the text an error is, in lines and columns from 1.
  private static String place(int position, String sql, int linesBefore) {
    if (position < 0 || position > sql.length()) {
      return "";
    }
    String before = sql.substring(0, position);
    int line = (int) before.chars().filter(c -> c == '\n').count() + 1 - linesBefore;
    int column = position - (before.lastIndexOf('\n') + 1) + 1;
    return " (line " + line + ", column " + column + ")";
  }

  /// The statement that runs a serialized query in its connection's own transaction. The table
  /// function of the same name would run it in another.
  static String execute(String serialized) {
    return "PRAGMA json_execute_serialized_sql(" + TableLayout.literal(serialized) + ")";
  }

  private int createViews(
      Connection connection, JsonNode tree, Set<String> used, Map<String, Live.Parts> parts)
      throws SQLException {
    int count = 0;
    for (String name : used) {
      LakeTable table = java.util.Objects.requireNonNull(tables.get(name));
      Live.Parts present = java.util.Objects.requireNonNull(parts.get(name));
      List<Path> files =
          table.files(present.snapshot(), TimeBounds.filter(connection, json, tree, name));
      count += files.size();
      List<String> selects = new ArrayList<>();
      if (!files.isEmpty()) {
        selects.add(table.layout().selectFiles(files.stream().map(Path::toString).toList()));
      }
      present.stagingNames().forEach(staging -> selects.add(table.layout().selectStaging(staging)));
      try (Statement statement = connection.createStatement()) {
        statement.execute(
            "CREATE TEMP VIEW "
                + TableLayout.quote(name)
                + " AS "
                + String.join(" UNION ALL ", selects));
      }
    }
    return count;
  }

  private QueryResult execute(
      Connection connection, String serialized, QueryLimits limits, ResultSink sink, int files)
      throws SQLException, QueryException, IOException {
    AtomicBoolean late = new AtomicBoolean();
    try (Statement statement = connection.createStatement()) {
      Future<?> alarm =
          timer.schedule(
              () -> {
                late.set(true);
                statement.cancel();
                return null;
              },
              limits.time().toNanos(),
              TimeUnit.NANOSECONDS);
      try (ResultSet result = statement.executeQuery(execute(serialized))) {
        return pass(result, limits, sink, files);
      } catch (SQLException e) {
        if (late.get()) {
          throw new QueryException(
              Reason.LIMIT,
              "cancelled after "
                  + limits.time().toMillis()
                  + " ms; narrow it, for example by `time > now() - INTERVAL 1 HOUR`",
              e);
        }
        throw e;
      } finally {
        alarm.cancel(false);
      }
    }
  }

  private static QueryResult pass(ResultSet result, QueryLimits limits, ResultSink sink, int files)
      throws SQLException, IOException {
    ResultSetMetaData meta = result.getMetaData();
    int width = meta.getColumnCount();
    List<ResultColumn> columns = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 1; i <= width; i++) {
      columns.add(
          new ResultColumn(unused(meta.getColumnName(i), names), meta.getColumnTypeName(i)));
    }
    sink.columns(columns);
    long rows = 0;
    while (!sink.isFull() && result.next()) {
      if (rows == limits.rows()) {
        return new QueryResult(rows, true, files);
      }
      List<@Nullable Object> values = new ArrayList<>(width);
      for (int i = 1; i <= width; i++) {
        values.add(ResultValues.of(result.getObject(i)));
      }
      sink.row(values);
      rows++;
    }
    return new QueryResult(rows, false, files);
  }

  /// The name, with a number behind it where an earlier column has it: a JSON object has each key
  /// once.
  private static String unused(String name, Set<String> names) {
    String free = name;
    for (int i = 1; !names.add(free); i++) {
      free = name + "_" + i;
    }
    return free;
  }

  private static QueryException failed(SQLException e) {
    String message = String.valueOf(e.getMessage());
    Matcher noise = NOISE.matcher(message);
    String text = noise.lookingAt() ? message.substring(noise.end()) : message;
    int wrapper = text.indexOf("\n\nLINE 1:");
    String shown = wrapper < 0 ? text : text.substring(0, wrapper);
    if (shown.startsWith("Out of Memory Error")) {
      return new QueryException(Reason.LIMIT, "the query needs more memory than it may have", e);
    }
    boolean users =
        shown.startsWith("Binder Error")
            || shown.startsWith("Catalog Error")
            || shown.startsWith("Conversion Error")
            || shown.startsWith("Invalid Input Error")
            || shown.startsWith("Out of Range Error")
            || shown.startsWith("Parser Error")
            || shown.startsWith("Not implemented Error");
    return new QueryException(users ? Reason.INVALID : Reason.FAILED, shown, e);
  }
}
