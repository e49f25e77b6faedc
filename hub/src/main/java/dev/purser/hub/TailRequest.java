package dev.purser.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.lake.Cursor;
import dev.purser.lake.Selection;
import dev.purser.transport.QueryRejected;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a reader who follows a table asks for, as docs/formats/transport.md says.
record TailRequest(Selection selection, Begin begin) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final Set<String> KEYS =
      Set.of("table", "columns", "where", "after", "last", "sinceMillis");
  private static final int MAX_COLUMNS = 1000;
  private static final long MAX_LAST = 1_000_000;
  private static final long MAX_SINCE_MILLIS = Duration.ofDays(36_500).toMillis();

  /// From where.
  sealed interface Begin {
    /// Behind what was seen before; only this one waits.
    record After(Cursor cursor) implements Begin {}

    record Last(long rows) implements Begin {}

    record Since(Duration ago) implements Begin {}

    /// Behind what is there.
    record Now() implements Begin {}
  }

  /// Reads untrusted text.
  static TailRequest parse(String text) throws QueryRejected {
    JsonNode json;
    try {
      json = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new QueryRejected("expected a JSON object", e);
    }
    if (!json.isObject()) {
      throw new QueryRejected("expected a JSON object");
    }
    for (String key : (Iterable<String>) json::fieldNames) {
      if (!KEYS.contains(key)) {
        throw new QueryRejected("unknown key; there are: " + String.join(", ", KEYS));
      }
    }
    String table = text(json, "table");
    if (table == null) {
      throw new QueryRejected("table: missing");
    }
    return new TailRequest(
        new Selection(table, columns(json.path("columns")), text(json, "where")), begin(json));
  }

  private static Begin begin(JsonNode json) throws QueryRejected {
    List<Begin> given = new ArrayList<>();
    String after = text(json, "after");
    if (after != null) {
      try {
        given.add(new Begin.After(Cursor.parse(after)));
      } catch (IllegalArgumentException e) {
        throw new QueryRejected("after: " + e.getMessage(), e);
      }
    }
    if (json.has("last")) {
      given.add(new Begin.Last(number(json, "last", MAX_LAST)));
    }
    if (json.has("sinceMillis")) {
      given.add(new Begin.Since(Duration.ofMillis(number(json, "sinceMillis", MAX_SINCE_MILLIS))));
    }
    if (given.size() > 1) {
      throw new QueryRejected("after, last, sinceMillis: give one of them");
    }
    return given.isEmpty() ? new Begin.Now() : given.getFirst();
  }

  private static List<String> columns(JsonNode json) throws QueryRejected {
    List<String> columns = new ArrayList<>();
    if (!(json.isMissingNode() || json.isArray()) || json.size() > MAX_COLUMNS) {
      throw new QueryRejected("columns: expected a list of names");
    }
    for (JsonNode column : json) {
      if (!column.isTextual()) {
        throw new QueryRejected("columns: expected a list of names");
      }
      columns.add(column.textValue());
    }
    return columns;
  }

  private static @Nullable String text(JsonNode json, String key) throws QueryRejected {
    JsonNode value = json.path(key);
    if (value.isMissingNode()) {
      return null;
    }
    if (!value.isTextual()) {
      throw new QueryRejected(key + ": expected a text");
    }
    return value.textValue();
  }

  private static long number(JsonNode json, String key, long most) throws QueryRejected {
    JsonNode value = json.path(key);
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < 0
        || value.longValue() > most) {
      throw new QueryRejected(key + ": expected a number from 0 to " + most);
    }
    return value.longValue();
  }
}
