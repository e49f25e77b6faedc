package dev.purser.lake;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.jspecify.annotations.Nullable;

/// Which files a query can need of a table, from the AND-ed comparisons of `time` and `ingest_time`
/// with constants in its syntax tree. A table that is read at several places needs all that any of
/// them needs.
///
/// Only what surely filters the table counts: WHERE of the SELECT that names the table, alone or in
/// inner and outer joins. The constants are computed by DuckDB, in the query's own transaction:
/// `now()` is the same in both.
final class TimeBounds {
  private static final Set<String> JOINS = Set.of("INNER", "LEFT", "RIGHT");
  private static final Set<String> JOIN_FORMS = Set.of("REGULAR", "CROSS");
  private static final Set<String> COLUMNS = Set.of("time", "ingest_time");

  /// Functions of constants whose value is the same all over a transaction.
  private static final Set<String> CONSTANT_FUNCTIONS =
      Set.of(
          "+",
          "-",
          "*",
          "now",
          "get_current_timestamp",
          "current_timestamp",
          "transaction_timestamp",
          "current_date",
          "today",
          "date_trunc",
          "trunc",
          "to_years",
          "to_months",
          "to_weeks",
          "to_days",
          "to_hours",
          "to_minutes",
          "to_seconds",
          "to_milliseconds",
          "to_microseconds",
          "make_timestamp",
          "make_timestamptz",
          "to_timestamp");

  /// Computes a constant; the expression takes the place of the NULL.
  private static final String TEMPLATE =
      "SELECT CASE WHEN isfinite(x) THEN epoch_us(x) END"
          + " FROM (SELECT TRY_CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS x)";

  private final Connection connection;
  private final ObjectMapper json;
  private final String table;
  private final Set<JsonNode> handled = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<Expression> places = new ArrayList<>();

  private TimeBounds(Connection connection, ObjectMapper json, String table) {
    this.connection = connection;
    this.json = json;
    this.table = table;
  }

  /// True of every row of the table that the query can need.
  static Expression filter(Connection connection, ObjectMapper json, JsonNode tree, String table)
      throws SQLException {
    TimeBounds bounds = new TimeBounds(connection, json, table);
    bounds.walk(tree);
    return bounds.places.stream().reduce(Expressions::or).orElse(Expressions.alwaysTrue());
  }

  private void walk(JsonNode node) throws SQLException {
    if (node.path("type").asText().equals("SELECT_NODE")) {
      List<JsonNode> sources = new ArrayList<>();
      if (collect(node.path("from_table"), sources)) {
        for (JsonNode source : sources) {
          handled.add(source);
          places.add(conjunction(node.path("where_clause"), source));
        }
      }
    } else if (isTable(node) && !handled.contains(node)) {
      places.add(Expressions.alwaysTrue());
    }
    for (JsonNode child : node) {
      walk(child);
    }
  }

  /// Finds the places of the table in FROM; false if its joins are not of the simple kinds.
  private boolean collect(JsonNode from, List<JsonNode> sources) {
    if (isTable(from)) {
      sources.add(from);
      return from.path("column_name_alias").isEmpty();
    }
    if (!from.path("type").asText().equals("JOIN")) {
      return true;
    }
    return JOINS.contains(from.path("join_type").asText())
        && JOIN_FORMS.contains(from.path("ref_type").asText())
        && from.path("using_columns").isEmpty()
        && collect(from.path("left"), sources)
        && collect(from.path("right"), sources);
  }

  private boolean isTable(JsonNode node) {
    return node.path("type").asText().equals("BASE_TABLE")
        && node.path("table_name").asText().equalsIgnoreCase(table);
  }

  private Expression conjunction(JsonNode condition, JsonNode source) throws SQLException {
    Expression all = Expressions.alwaysTrue();
    switch (condition.path("type").asText()) {
      case "CONJUNCTION_AND" -> {
        for (JsonNode child : condition.path("children")) {
          all = Expressions.and(all, conjunction(child, source));
        }
      }
      case "COMPARE_BETWEEN" -> {
        String column = column(condition.path("input"), source);
        if (column != null) {
          all =
              Expressions.and(
                  atLeast(column, condition.path("lower")),
                  atMost(column, condition.path("upper")));
        }
      }
      case "COMPARE_GREATERTHAN", "COMPARE_GREATERTHANOREQUALTO" ->
          all = comparison(condition.path("left"), condition.path("right"), source);
      case "COMPARE_LESSTHAN", "COMPARE_LESSTHANOREQUALTO" ->
          all = comparison(condition.path("right"), condition.path("left"), source);
      case "COMPARE_EQUAL" ->
          all =
              Expressions.and(
                  comparison(condition.path("left"), condition.path("right"), source),
                  comparison(condition.path("right"), condition.path("left"), source));
      default -> {}
    }
    return all;
  }

  /// What `greater >= less` says of the table's columns.
  private Expression comparison(JsonNode greater, JsonNode less, JsonNode source)
      throws SQLException {
    String column = column(greater, source);
    if (column != null) {
      return atLeast(column, less);
    }
    String other = column(less, source);
    return other == null ? Expressions.alwaysTrue() : atMost(other, greater);
  }

  private Expression atLeast(String column, JsonNode constant) throws SQLException {
    Long micros = micros(constant);
    return micros == null
        ? Expressions.alwaysTrue()
        : Expressions.greaterThanOrEqual(column, micros);
  }

  private Expression atMost(String column, JsonNode constant) throws SQLException {
    Long micros = micros(constant);
    return micros == null ? Expressions.alwaysTrue() : Expressions.lessThanOrEqual(column, micros);
  }

  /// The name of the time column that an expression is, if it is one of the table's.
  private static @Nullable String column(JsonNode expression, JsonNode source) {
    if (!expression.path("class").asText().equals("COLUMN_REF")) {
      return null;
    }
    JsonNode names = expression.path("column_names");
    String alias = source.path("alias").asText();
    String qualifier = alias.isEmpty() ? source.path("table_name").asText() : alias;
    if (names.size() > 2
        || (names.size() == 2 && !names.get(0).asText().equalsIgnoreCase(qualifier))) {
      return null;
    }
    String name = names.path(names.size() - 1).asText().toLowerCase(Locale.ROOT);
    return COLUMNS.contains(name) ? name : null;
  }

  private @Nullable Long micros(JsonNode expression) throws SQLException {
    if (!isConstant(expression)) {
      return null;
    }
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT json_serialize_sql(?::VARCHAR)")) {
      statement.setString(1, TEMPLATE);
      JsonNode tree = json.readTree(first(statement.executeQuery()));
      JsonNode select = tree.at("/statements/0/node/from_table/subquery/node/select_list/0");
      ((ObjectNode) select).set("child", expression);
      try (Statement compute = connection.createStatement()) {
        String micros = first(compute.executeQuery(Queries.execute(tree.toString())));
        return micros == null ? null : Long.valueOf(micros);
      }
    } catch (JacksonException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isConstant(JsonNode expression) {
    return switch (expression.path("class").asText()) {
      case "CONSTANT" -> true;
      case "CAST" -> isConstant(expression.path("child"));
      case "FUNCTION" -> {
        if (!CONSTANT_FUNCTIONS.contains(
            expression.path("function_name").asText().toLowerCase(Locale.ROOT))) {
          yield false;
        }
        for (JsonNode child : expression.path("children")) {
          if (!isConstant(child)) {
            yield false;
          }
        }
        yield true;
      }
      default -> false;
    };
  }

  private static @Nullable String first(ResultSet result) throws SQLException {
    try (result) {
      result.next();
      return result.getString(1);
    }
  }
}
