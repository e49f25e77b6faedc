package dev.purser.sources.events;

import dev.purser.core.json.FieldNames;
import dev.purser.core.json.JsonScanner;
import dev.purser.core.json.JsonText;
import dev.purser.core.json.Rfc3339;
import dev.purser.core.table.MalformedRecordException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Reads the JSON of a core/v1 Event: where the texts that matter lie, and its counts. Reused for
/// Event after Event.
///
/// Old and new reporters fill different fields of the same object (`count` or `series`, `source` or
/// `reporting…`); here they are as sent, the choice between them is [EventsDecoder]'s.
final class EventObject {
  /// The texts that matter.
  enum Text {
    UID,
    RESOURCE_VERSION,
    CREATION_TIMESTAMP,
    TYPE,
    REASON,
    MESSAGE,
    FIRST_TIMESTAMP,
    LAST_TIMESTAMP,
    EVENT_TIME,
    SERIES_LAST_OBSERVED_TIME,
    OBJECT_KIND,
    OBJECT_NAMESPACE,
    OBJECT_NAME,
    OBJECT_UID,
    SOURCE_COMPONENT,
    SOURCE_HOST,
    REPORTING_COMPONENT,
    REPORTING_INSTANCE
  }

  private static final int MAX_DEPTH = 10_000;

  /// A field of an object: a text, an object again, or a count.
  private sealed interface Field {
    record Leaf(Text text) implements Field {}

    record Branch(Shape shape) implements Field {}

    record Count() implements Field {}
  }

  /// The fields of an object that matter.
  private record Shape(FieldNames names, List<Field> fields) {
    static Shape of(Map<String, Field> fields) {
      List<String> names = List.copyOf(fields.keySet());
      return new Shape(
          FieldNames.of(names.toArray(String[]::new)), names.stream().map(fields::get).toList());
    }

    @Nullable Field of(JsonScanner scanner) {
      int index = scanner.name(names);
      return index < 0 ? null : fields.get(index);
    }
  }

  private static final Shape EVENT =
      Shape.of(
          Map.ofEntries(
              branch(
                  "metadata",
                  Map.of(
                      "uid", new Field.Leaf(Text.UID),
                      "resourceVersion", new Field.Leaf(Text.RESOURCE_VERSION),
                      "creationTimestamp", new Field.Leaf(Text.CREATION_TIMESTAMP))),
              branch(
                  "involvedObject",
                  Map.of(
                      "kind", new Field.Leaf(Text.OBJECT_KIND),
                      "namespace", new Field.Leaf(Text.OBJECT_NAMESPACE),
                      "name", new Field.Leaf(Text.OBJECT_NAME),
                      "uid", new Field.Leaf(Text.OBJECT_UID))),
              branch(
                  "source",
                  Map.of(
                      "component", new Field.Leaf(Text.SOURCE_COMPONENT),
                      "host", new Field.Leaf(Text.SOURCE_HOST))),
              branch(
                  "series",
                  Map.of(
                      "count", new Field.Count(),
                      "lastObservedTime", new Field.Leaf(Text.SERIES_LAST_OBSERVED_TIME))),
              Map.entry("count", new Field.Count()),
              Map.entry("type", new Field.Leaf(Text.TYPE)),
              Map.entry("reason", new Field.Leaf(Text.REASON)),
              Map.entry("message", new Field.Leaf(Text.MESSAGE)),
              Map.entry("firstTimestamp", new Field.Leaf(Text.FIRST_TIMESTAMP)),
              Map.entry("lastTimestamp", new Field.Leaf(Text.LAST_TIMESTAMP)),
              Map.entry("eventTime", new Field.Leaf(Text.EVENT_TIME)),
              Map.entry("reportingComponent", new Field.Leaf(Text.REPORTING_COMPONENT)),
              Map.entry("reportingInstance", new Field.Leaf(Text.REPORTING_INSTANCE))));

  private final JsonScanner scanner = new JsonScanner(MAX_DEPTH);
  private final Map<Text, Span> spans = new EnumMap<>(Text.class);
  private byte[] bytes = new byte[0];
  private int count;

  /// Where a text lies, if it is there.
  private static final class Span {
    int start;
    int end;
    boolean escaped;
  }

  EventObject() {
    for (Text text : Text.values()) {
      spans.put(text, new Span());
    }
  }

  /// Reads the object in `bytes[from, to)`, white space around it allowed. The bytes must stay as
  /// they are until the next call.
  ///
  /// @throws MalformedRecordException when it is no JSON object, or has no uid or resourceVersion
  void read(byte[] bytes, int from, int to) throws MalformedRecordException {
    this.bytes = bytes;
    for (Span span : spans.values()) {
      span.end = span.start;
    }
    count = 1;
    scanner.reset(bytes, from, to);
    object(EVENT);
    scanner.finish();
    if (!has(Text.UID) || !has(Text.RESOURCE_VERSION)) {
      throw new MalformedRecordException("JSON, but no Event with a uid and a resourceVersion");
    }
  }

  /// Whether the text is there and not empty.
  boolean has(Text text) {
    return start(text) < end(text);
  }

  int start(Text text) {
    return span(text).start;
  }

  int end(Text text) {
    return span(text).end;
  }

  boolean isEscaped(Text text) {
    return span(text).escaped;
  }

  /// The text; empty if it is not there.
  String string(Text text) {
    return has(text) ? JsonText.string(bytes, start(text), end(text), isEscaped(text)) : "";
  }

  /// Microseconds since 1970 UTC, or [Rfc3339#NONE].
  long micros(Text text) {
    return has(text) ? Rfc3339.micros(bytes, start(text), end(text)) : Rfc3339.NONE;
  }

  /// How often it has happened: the greater of `count` and `series.count`, at least 1.
  int count() {
    return count;
  }

  private void object(Shape shape) throws MalformedRecordException {
    scanner.enterObject();
    while (scanner.nextField()) {
      switch (shape.of(scanner)) {
        case null -> scanner.skipValue();
        case Field.Branch(Shape inner) -> {
          if (scanner.peek() == '{') {
            object(inner);
          } else {
            scanner.skipValue();
          }
        }
        case Field.Count() -> count = Math.max(count, integer());
        case Field.Leaf(Text text) -> {
          Span span = span(text);
          boolean string = scanner.string();
          span.start = scanner.start();
          span.end = string ? scanner.end() : span.start;
          span.escaped = scanner.escaped();
        }
      }
    }
  }

  private Span span(Text text) {
    return Objects.requireNonNull(spans.get(text));
  }

  /// A number of up to nine digits; anything else is 0.
  private int integer() throws MalformedRecordException {
    byte first = scanner.peek();
    scanner.skipValue();
    if (first < '0' || first > '9' || scanner.end() - scanner.start() > 9) {
      return 0;
    }
    int value = 0;
    for (int i = scanner.start(); i < scanner.end(); i++) {
      if (bytes[i] < '0' || bytes[i] > '9') {
        return 0;
      }
      value = value * 10 + bytes[i] - '0';
    }
    return value;
  }

  private static Map.Entry<String, Field> branch(String name, Map<String, Field> fields) {
    return Map.entry(name, new Field.Branch(Shape.of(fields)));
  }
}
