package dev.purser.app;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Prints rows for a person: columns aligned, control characters made visible so that a log line
/// cannot steer the terminal, long values cut.
final class TextTable {
  private static final int WIDEST = 100;

  /// Our own hub's answer: a value may be as long as a record.
  static final ObjectMapper MAPPER =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
              .build());

  private TextTable() {}

  /// @param json one array of objects with the same keys
  static void print(byte[] json, PrintStream out) throws IOException {
    JsonNode rows = MAPPER.readTree(json);
    if (rows.isEmpty()) {
      out.println("(no rows)");
      return;
    }
    List<String> header = new ArrayList<>();
    rows.get(0).fieldNames().forEachRemaining(header::add);
    List<List<String>> lines = new ArrayList<>();
    lines.add(header);
    for (JsonNode row : rows) {
      List<String> line = new ArrayList<>();
      for (String column : header) {
        line.add(show(row.path(column)));
      }
      lines.add(line);
    }
    print(lines, out);
    out.println("(" + rows.size() + (rows.size() == 1 ? " row)" : " rows)"));
  }

  /// @param rows the first holds the names of the columns
  static void print(List<List<String>> rows, PrintStream out) {
    List<List<String>> lines =
        rows.stream().map(row -> row.stream().map(TextTable::inOneLine).toList()).toList();
    List<Integer> widths = new ArrayList<>(Collections.nCopies(lines.getFirst().size(), 0));
    for (List<String> line : lines) {
      for (int i = 0; i < line.size(); i++) {
        widths.set(i, Math.max(widths.get(i), line.get(i).length()));
      }
    }
    for (int row = 0; row < lines.size(); row++) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < widths.size(); i++) {
        String cell = lines.get(row).get(i);
        text.append(cell).append(" ".repeat(widths.get(i) - cell.length() + 2));
      }
      out.println(text.toString().stripTrailing());
      if (row == 0) {
        out.println(String.join("  ", widths.stream().map("-"::repeat).toList()));
      }
    }
  }

  private static String show(JsonNode value) {
    String text = value.isNull() ? "" : value.isTextual() ? value.textValue() : value.toString();
    return text.length() > WIDEST ? text.substring(0, WIDEST - 1) + "…" : text;
  }

  /// The text of a cell: where it has lines, as a stack trace does, that is to be seen.
  private static String inOneLine(String text) {
    return harmless(text.replace("\r\n", "↵").replace('\n', '↵').replace('\t', ' '));
  }

  /// The text without what could steer a terminal.
  static String harmless(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      shown.append(
          Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '\ufffd' : c);
    }
    return shown.toString();
  }
}
