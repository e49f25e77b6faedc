package dev.purser.core.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A JSON value that was read whole, for answers that are small and come seldom. What is asked of a
/// value of another kind is empty, as is what is not there: an answer of another version of its
/// sender is no fault.
///
/// An agent has no other use for a library that binds JSON to objects, whose classes would take it
/// 6 MB. Immutable.
///
/// @param text of a string, a number, `true` or `false`; empty for `null` and for what has parts
/// @param fields of an object, in their order
/// @param items of an array
public record JsonTree(String text, Map<String, JsonTree> fields, List<JsonTree> items) {
  public static final JsonTree MISSING = new JsonTree("", Map.of(), List.of());

  /// For the parsers that [#next] reads from; their limits on depth and lengths hold.
  public static final JsonFactory FORMAT = new JsonFactory();

  /// Reads the first value; [#MISSING] where there is none.
  ///
  /// @throws IOException when it is no JSON, or the bytes did not arrive
  public static JsonTree read(InputStream json) throws IOException {
    try (JsonParser parser = FORMAT.createParser(json)) {
      return next(parser).orElse(MISSING);
    }
  }

  /// @throws IOException when it is no JSON
  public static JsonTree read(String json) throws IOException {
    try (JsonParser parser = FORMAT.createParser(json)) {
      return next(parser).orElse(MISSING);
    }
  }

  /// The next of the values that follow one another; empty at the end.
  ///
  /// @throws IOException when it is no JSON, or the bytes did not arrive
  public static Optional<JsonTree> next(JsonParser parser) throws IOException {
    JsonToken token = parser.nextToken();
    return token == null ? Optional.empty() : Optional.of(value(parser, token));
  }

  /// The value under a key.
  public JsonTree path(String key) {
    return fields.getOrDefault(key, MISSING);
  }

  /// A whole number; 0 where it is none, or none that a long can hold.
  public long number() {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static JsonTree value(JsonParser parser, JsonToken token) throws IOException {
    return switch (token) {
      case START_OBJECT -> {
        Map<String, JsonTree> fields = new LinkedHashMap<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
          fields.put(name, value(parser, parser.nextToken()));
        }
        yield new JsonTree("", Collections.unmodifiableMap(fields), List.of());
      }
      case START_ARRAY -> {
        List<JsonTree> items = new ArrayList<>();
        for (JsonToken item = parser.nextToken();
            item != JsonToken.END_ARRAY;
            item = parser.nextToken()) {
          items.add(value(parser, item));
        }
        yield new JsonTree("", Map.of(), List.copyOf(items));
      }
      case VALUE_NULL -> MISSING;
      default -> new JsonTree(parser.getText(), Map.of(), List.of());
    };
  }
}
