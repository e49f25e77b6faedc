package dev.purser.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Rows for a person who watches them pass: a short form of each, on one line where its values are.
/// Control characters are made visible, so that a log line cannot steer the terminal.
final class TailText {
  private static final List<String> LOGS =
      List.of("time", "namespace", "pod", "container", "file", "message");
  private static final List<String> AUDIT =
      List.of(
          "time",
          "stage",
          "verb",
          "user",
          "resource",
          "subresource",
          "namespace",
          "name",
          "uri",
          "code",
          "decision");
  private static final List<String> EVENTS =
      List.of("time", "type", "reason", "kind", "namespace", "name", "message", "count");
  private static final List<String> GAPS = List.of("time", "reason", "lost", "source", "detail");
  private static final Map<String, List<String>> SHORT =
      Map.of("logs", LOGS, "audit", AUDIT, "events", EVENTS, "gaps", GAPS);

  /// What of a table without a form of its own is left out: long, or the same in most rows.
  private static final Set<String> NOT_SHOWN =
      Set.of("time", "ingest_time", "cluster", "source", "seq", "raw");

  /// `2026-11-23T05:00:00.123456Z`, as the hub writes times.
  private static final Pattern MICROS =
      Pattern.compile("(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3})\\d{3}Z");

  private static final Pattern LINE_END = Pattern.compile("\r\n|\n");
  private static final String NEXT_LINE = "\n    ";

  /// Foreground colours that can be read on light and dark ground.
  private static final int[] COLOURS = {31, 32, 33, 34, 35, 36, 91, 92, 94, 95, 96};

  private final String table;
  private final List<String> chosen;
  private final boolean coloured;

  /// @param chosen what the user wants to see; the short form where it is empty
  TailText(String table, List<String> chosen, boolean coloured) {
    this.table = table.toLowerCase(Locale.ROOT);
    this.chosen = List.copyOf(chosen);
    this.coloured = coloured;
  }

  /// What it needs of each row; all where it is empty.
  List<String> columns() {
    return chosen.isEmpty() ? SHORT.getOrDefault(table, List.of()) : chosen;
  }

  /// A row without its line end.
  String line(JsonNode row) {
    if (!chosen.isEmpty()) {
      List<String> values = new ArrayList<>();
      row.forEach(value -> values.add(show(value)));
      return String.join("  ", values);
    }
    return show(row.path("time")) + " " + what(row);
  }

  private String what(JsonNode row) {
    return switch (table) {
      case "logs" -> place(row) + " " + show(row.path("message"));
      case "audit" -> request(row);
      case "events" -> event(row);
      case "gaps" ->
          words(
              show(row.path("reason")),
              row.path("lost").isNumber() ? "lost " + show(row.path("lost")) : "",
              show(row.path("detail")),
              "(" + show(row.path("source")) + ")");
      default -> pairs(row);
    };
  }

  /// A container, in the colour of its pod, or a file.
  private String place(JsonNode row) {
    if (!row.path("pod").isTextual()) {
      return show(row.path("file"));
    }
    String pod = show(row.path("namespace")) + "/" + show(row.path("pod"));
    String place = pod + "/" + show(row.path("container"));
    if (!coloured) {
      return place;
    }
    int colour = COLOURS[Math.floorMod(pod.hashCode(), COLOURS.length)];
    return "\u001b[" + colour + "m" + place + "\u001b[0m";
  }

  private static String request(JsonNode row) {
    String resource = path(row.path("resource"), row.path("subresource"));
    String stage = show(row.path("stage"));
    return words(
        show(row.path("user")),
        show(row.path("verb")),
        resource.isEmpty() ? show(row.path("uri")) : resource,
        path(row.path("namespace"), row.path("name")),
        show(row.path("code")),
        row.path("decision").asText().equals("forbid") ? "forbid" : "",
        stage.equals("ResponseComplete") ? "" : "(" + stage + ")");
  }

  private static String event(JsonNode row) {
    return words(
        show(row.path("type")),
        show(row.path("reason")),
        show(row.path("kind")),
        path(row.path("namespace"), row.path("name")),
        show(row.path("message")),
        row.path("count").asInt() > 1 ? "(" + show(row.path("count")) + " times)" : "");
  }

  private static String pairs(JsonNode row) {
    return row.properties().stream()
        .filter(entry -> !NOT_SHOWN.contains(entry.getKey()) && !entry.getValue().isNull())
        .map(entry -> entry.getKey() + "=" + show(entry.getValue()))
        .collect(Collectors.joining(" "));
  }

  private static String path(JsonNode first, JsonNode second) {
    String head = show(first);
    String tail = show(second);
    return head.isEmpty() || tail.isEmpty() ? head + tail : head + "/" + tail;
  }

  private static String words(String... words) {
    return List.of(words).stream().filter(word -> !word.isEmpty()).collect(Collectors.joining(" "));
  }

  private static String show(JsonNode value) {
    if (value.isNull() || value.isMissingNode()) {
      return "";
    }
    String text = value.isTextual() ? value.textValue() : value.toString();
    Matcher time = MICROS.matcher(text);
    if (time.matches()) {
      return time.group(1) + "Z";
    }
    return LINE_END
        .splitAsStream(text)
        .map(TailText::harmless)
        .collect(Collectors.joining(NEXT_LINE));
  }

  /// Tabs do no harm.
  private static String harmless(String line) {
    return Pattern.compile("\t")
        .splitAsStream(line)
        .map(TextTable::harmless)
        .collect(Collectors.joining("\t"));
  }
}
