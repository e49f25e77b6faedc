package dev.purser.lake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Decides from a query's syntax tree, as DuckDB serializes it, whether it reads nothing but the
/// lake's tables.
///
/// What it does not know it refuses. DuckDB's own locks stand behind it as a second wall, see
/// [Queries].
final class SqlGuard {
  /// Table functions that compute their rows from their arguments.
  private static final Set<String> TABLE_FUNCTIONS =
      Set.of(
          "unnest", "range", "generate_series", "json_each", "json_tree", "repeat", "repeat_row");

  private static final Set<String> TABLE_REFERENCES =
      Set.of("BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EMPTY", "EXPRESSION_LIST");

  private static final Set<String> QUERY_NODES =
      Set.of("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE");

  /// Functions that read the process or the configuration, change something, or only wait.
  private static final Set<String> REFUSED_FUNCTIONS =
      Set.of(
          "getenv",
          "getvariable",
          "current_setting",
          "current_query",
          "nextval",
          "currval",
          "setseed",
          "sleep_ms",
          "write_log",
          "stats",
          "get_block_size");

  /// PostgreSQL's functions look into the catalog; these do not.
  private static final Set<String> PG_FUNCTIONS = Set.of("pg_typeof", "pg_size_pretty");

  /// The parser itself puts some functions into `main`.
  private static final Set<String> FUNCTION_SCHEMAS = Set.of("", "main", "pg_catalog");

  private static final String SELECT_LIST = "/statements/0/node/select_list";
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  private final Set<String> known;
  private final Set<String> used = new LinkedHashSet<>();

  private SqlGuard(Set<String> known) {
    this.known = known;
  }

  /// Checks the one statement of a serialized query.
  ///
  /// @param known names of the lake's tables, in lower case
  /// @return those of them that it reads
  static Set<String> check(JsonNode serialized, Set<String> known) throws QueryException {
    JsonNode statements = serialized.path("statements");
    if (statements.size() != 1) {
      throw new QueryException(
          statements.isEmpty() ? QueryException.Reason.INVALID : QueryException.Reason.REFUSED,
          "expected one SELECT statement, found " + statements.size());
    }
    SqlGuard guard = new SqlGuard(known);
    guard.walk(statements.get(0), Set.of());
    return guard.used;
  }

  /// The expression of `SELECT (expression)`, which may not be more than that, and has no
  /// subqueries: it is asked again and again.
  ///
  /// @param written serialized, with the user's expression
  /// @param template the same with another, of which all else is taken
  static JsonNode expression(JsonNode written, JsonNode template) throws QueryException {
    JsonNode list = written.at(SELECT_LIST);
    JsonNode expression = list.path(0);
    JsonNode expected = template.deepCopy();
    ((ArrayNode) expected.at(SELECT_LIST)).set(0, expression);
    if (list.size() != 1 || !written.equals(expected)) {
      throw refused("expected one expression, such as namespace = 'shop' AND level = 'error'");
    }
    if (!expression.path("alias").asText().isEmpty()) {
      throw refused("an expression has no name here");
    }
    refuseSubqueries(expression);
    return expression;
  }

  private static void refuseSubqueries(JsonNode node) throws QueryException {
    if (node.path("class").asText().equals("SUBQUERY")) {
      throw refused("a subquery is not allowed in an expression");
    }
    for (JsonNode child : node) {
      refuseSubqueries(child);
    }
  }

  private void walk(JsonNode node, Set<String> scope) throws QueryException {
    if (node.isArray()) {
      for (JsonNode item : node) {
        walk(item, scope);
      }
      return;
    }
    if (!node.isObject()) {
      return;
    }
    Set<String> inner = scope(node, scope);
    checkNode(node, inner);
    for (JsonNode child : node) {
      walk(child, inner);
    }
  }

  /// The names that a node's own WITH adds.
  private static Set<String> scope(JsonNode node, Set<String> outer) throws QueryException {
    Set<String> names = new HashSet<>(outer);
    for (JsonNode entry : node.path("cte_map").path("map")) {
      addName(names, entry.path("key").asText());
    }
    if (node.has("cte_name")) {
      addName(names, node.path("cte_name").asText());
    }
    return names;
  }

  private static void addName(Set<String> names, String name) throws QueryException {
    if (!PLAIN_NAME.matcher(name).matches()) {
      throw refused("a WITH name must be a plain word, found " + quoted(name));
    }
    names.add(name.toLowerCase(Locale.ROOT));
  }

  private void checkNode(JsonNode node, Set<String> scope) throws QueryException {
    String type = node.path("type").asText();
    if (node.has("class")) {
      checkExpression(node, type);
    } else if (node.has("modifiers")) {
      if (!QUERY_NODES.contains(type)) {
        throw refused("a query of kind " + type + " is not allowed");
      }
    } else if (node.has("alias") && node.has("sample")) {
      checkTableReference(node, type, scope);
    }
  }

  private void checkExpression(JsonNode node, String type) throws QueryException {
    if (node.path("class").asText().equals("PARAMETER") || type.equals("VALUE_PARAMETER")) {
      throw refused("parameters are not allowed");
    }
    if (node.has("function_name")) {
      String name = node.path("function_name").asText().toLowerCase(Locale.ROOT);
      if (!FUNCTION_SCHEMAS.contains(node.path("schema").asText())) {
        throw refused("function " + quoted(name) + " of a schema is not allowed");
      }
      if (REFUSED_FUNCTIONS.contains(name)
          || (name.startsWith("pg_") && !PG_FUNCTIONS.contains(name))) {
        throw refused("function " + quoted(name) + " is not allowed");
      }
    }
  }

  private void checkTableReference(JsonNode node, String type, Set<String> scope)
      throws QueryException {
    if (!TABLE_REFERENCES.contains(type)) {
      throw refused(
          type.equals("SHOW_REF")
              ? "DESCRIBE, SHOW and SUMMARIZE are not allowed; `purser tables` lists tables and columns"
              : "a source of kind " + type + " is not allowed");
    }
    if (type.equals("TABLE_FUNCTION")) {
      String name = node.path("function").path("function_name").asText().toLowerCase(Locale.ROOT);
      if (!TABLE_FUNCTIONS.contains(name)) {
        throw refused("table function " + quoted(name) + " is not allowed");
      }
    }
    if (type.equals("BASE_TABLE")) {
      checkTable(node, scope);
    }
  }

  private void checkTable(JsonNode node, Set<String> scope) throws QueryException {
    String name = node.path("table_name").asText();
    String lower = name.toLowerCase(Locale.ROOT);
    boolean qualified =
        !node.path("schema_name").asText().isEmpty()
            || !node.path("catalog_name").asText().isEmpty();
    if (!qualified && scope.contains(lower)) {
      return;
    }
    if (qualified || !known.contains(lower)) {
      throw new QueryException(
          QueryException.Reason.INVALID,
          "no table "
              + quoted(qualified ? node.path("schema_name").asText() + "." + name : name)
              + "; there are: "
              + String.join(", ", new TreeSet<>(known)));
    }
    used.add(lower);
  }

  private static QueryException refused(String message) {
    return new QueryException(QueryException.Reason.REFUSED, message);
  }

  /// Text of a user in a message: in quotes, without control characters, cut.
  static String quoted(String text) {
    String clean =
        text.codePoints()
            .limit(80)
            .collect(
                StringBuilder::new,
                (out, c) -> out.appendCodePoint(Character.isISOControl(c) ? '?' : c),
                StringBuilder::append)
            .toString();
    return '"' + clean + (clean.length() < text.length() ? "…\"" : "\"");
  }
}
