package dev.purser.sources.logs;

import dev.purser.core.objects.Inventory;
import dev.purser.core.record.Stream;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.Row;
import dev.purser.core.table.Table;

/// Decodes the lines of plain files: `message` is the line.
public final class LineDecoder implements Decoder {
  public static final String KIND = "line";

  private final StreamColumns columns;

  /// Knows of pods what the agent tells.
  public LineDecoder() {
    this(Inventory.EMPTY);
  }

  /// @param inventory tells more of them
  public LineDecoder(Inventory inventory) {
    this.columns = new StreamColumns(inventory);
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Table table() {
    return LogsTable.TABLE;
  }

  @Override
  public void prepare(Stream stream, long ingestTimeMicros) throws InterruptedException {
    columns.prepare(stream, ingestTimeMicros);
  }

  @Override
  public void decode(Stream stream, byte[] bytes, int from, int to, Row row) {
    int end = contentEnd(bytes, from, to);
    columns.set(stream, row);
    row.set(LogsTable.MESSAGE, bytes, from, end);
    row.set(LogsTable.PARTIAL, isTerminated(bytes, from, to) ? 0 : 1);
  }

  static boolean isTerminated(byte[] bytes, int from, int to) {
    return to > from && bytes[to - 1] == '\n';
  }

  /// Where the line ends without `\n` or `\r\n`.
  static int contentEnd(byte[] bytes, int from, int to) {
    if (!isTerminated(bytes, from, to)) {
      return to;
    }
    int end = to - 1;
    return end > from && bytes[end - 1] == '\r' ? end - 1 : end;
  }
}
