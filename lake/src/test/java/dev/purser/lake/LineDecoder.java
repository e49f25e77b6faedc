package dev.purser.lake;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.core.record.Stream;
import dev.purser.core.table.Column;
import dev.purser.core.table.ColumnType;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.core.table.Row;
import dev.purser.core.table.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Lines into a table with a column of each type: `bad…` is malformed, `bug…` is a bug, `n=1,2` are
/// tags, `m=k:v,l:w` is a map.
final class LineDecoder implements Decoder {
  static final String KIND = "line";

  private final String kind;
  private final Table table;

  LineDecoder(String kind, Table table) {
    this.kind = kind;
    this.table = table;
  }

  static LineDecoder logs() {
    return new LineDecoder(KIND, logsTable(List.of()));
  }

  static LineDecoder logsWith(Column more) {
    return new LineDecoder(KIND, logsTable(List.of(more)));
  }

  /// A second table, without a column `message`.
  static LineDecoder others() {
    return new LineDecoder(
        "other",
        Table.of(
            "others",
            "other lines",
            List.of(new Column(101, "text", ColumnType.STRING, "the line")),
            List.of("text")));
  }

  private static Table logsTable(List<Column> more) {
    List<Column> own =
        new ArrayList<>(
            List.of(
                new Column(101, "message", ColumnType.STRING, "the line"),
                new Column(102, "tags", ColumnType.STRING_LIST, "what follows n="),
                new Column(103, "size", ColumnType.INT, "its length"),
                new Column(104, "share", ColumnType.DOUBLE, "a fraction"),
                new Column(105, "plain", ColumnType.BOOLEAN, "whether it has no n="),
                new Column(106, "facts", ColumnType.STRING_MAP, "what follows m=")));
    own.addAll(more);
    return Table.of("logs", "lines", own, List.of("source", "seq"));
  }

  @Override
  public String kind() {
    return kind;
  }

  @Override
  public Table table() {
    return table;
  }

  /// Fails for streams of one name: nothing may depend on it.
  @Override
  public void prepare(Stream stream, long ingestTimeMicros) {
    if (stream.id().startsWith("unprepared")) {
      throw new IllegalStateException("a bug");
    }
  }

  @Override
  public void decode(Stream stream, byte[] bytes, int from, int to, Row row)
      throws MalformedRecordException {
    int end = to > from && bytes[to - 1] == '\n' ? to - 1 : to;
    String line = new String(bytes, from, end - from, UTF_8);
    if (line.startsWith("bad")) {
      throw new MalformedRecordException("expected no bad line");
    }
    if (line.startsWith("bug")) {
      throw new IllegalStateException("a bug");
    }
    if (table.name().equals("others")) {
      row.set(table.index("text"), line);
      return;
    }
    row.set(table.index("plain"), line.startsWith("n=") ? 0 : 1);
    if (line.startsWith("n=")) {
      row.set(table.index("tags"), List.of(line.substring(2).split(",")));
    }
    if (line.startsWith("m=")) {
      row.set(table.index("facts"), map(line.substring(2)));
    }
    row.set(table.index("share"), 0.5);
    row.set(table.index("size"), (long) (end - from));
    row.set(table.index("message"), bytes, from, end);
  }

  private static Map<String, String> map(String text) {
    Map<String, String> map = new TreeMap<>();
    for (String entry : text.split(",", -1)) {
      int colon = entry.indexOf(':');
      if (colon >= 0) {
        map.put(entry.substring(0, colon), entry.substring(colon + 1));
      }
    }
    return map;
  }
}
