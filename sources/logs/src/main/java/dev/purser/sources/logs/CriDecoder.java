package dev.purser.sources.logs;

import dev.purser.core.json.Rfc3339;
import dev.purser.core.record.Stream;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.core.table.Row;
import dev.purser.core.table.Table;
import java.util.Map;

/// Decodes container logs as [CriSplitter] cuts them: one or more lines `<time> stdout|stderr P|F
/// <content>`.
public final class CriDecoder implements Decoder {
  public static final String KIND = "cri";

  private byte[] joined = new byte[1 << 16];

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Table table() {
    return LogsTable.TABLE;
  }

  @Override
  public void decode(Stream stream, byte[] bytes, int from, int to, Row row)
      throws MalformedRecordException {
    int timeEnd = space(bytes, from, to);
    int streamEnd = space(bytes, timeEnd + 1, to);
    long micros = Rfc3339.micros(bytes, from, timeEnd);
    if (micros == Rfc3339.NONE) {
      throw new MalformedRecordException(
          "container log: expected a time in front of stdout or stderr");
    }
    row.set(Table.TIME, micros);
    row.set(LogsTable.STREAM, streamName(bytes, timeEnd + 1, streamEnd));
    Map<String, String> context = stream.context();
    row.set(LogsTable.FILE, context.get(LogContext.FILE));
    row.set(LogsTable.NAMESPACE, context.get(LogContext.NAMESPACE));
    row.set(LogsTable.POD, context.get(LogContext.POD));
    row.set(LogsTable.POD_UID, context.get(LogContext.POD_UID));
    row.set(LogsTable.CONTAINER, context.get(LogContext.CONTAINER));
    row.set(LogsTable.CONTAINER_ID, context.get(LogContext.CONTAINER_ID));
    message(bytes, from, to, row);
  }

  private void message(byte[] bytes, int from, int to, Row row) throws MalformedRecordException {
    int lineEnd = lineEnd(bytes, from, to);
    int content = content(bytes, from, lineEnd);
    if (lineEnd == to) {
      row.set(LogsTable.MESSAGE, bytes, content, LineDecoder.contentEnd(bytes, content, to));
      row.set(LogsTable.PARTIAL, isPartial(bytes, from, to) ? 1 : 0);
      return;
    }
    if (joined.length < to - from) {
      joined = new byte[to - from];
    }
    int size = 0;
    int start = from;
    while (true) {
      content = content(bytes, start, lineEnd);
      boolean last = lineEnd == to;
      int end = last || bytes[lineEnd - 1] != '\n' ? lineEnd : lineEnd - 1;
      System.arraycopy(bytes, content, joined, size, end - content);
      size += end - content;
      if (last) {
        break;
      }
      start = lineEnd;
      lineEnd = lineEnd(bytes, start, to);
    }
    row.set(LogsTable.MESSAGE, joined, 0, LineDecoder.contentEnd(joined, 0, size));
    row.set(LogsTable.PARTIAL, isPartial(bytes, start, to) ? 1 : 0);
  }

  /// Whether the line says that more follows, or has no end.
  private static boolean isPartial(byte[] bytes, int from, int to) throws MalformedRecordException {
    int tag = space(bytes, space(bytes, from, to) + 1, to) + 1;
    return !LineDecoder.isTerminated(bytes, from, to) || bytes[tag] == 'P';
  }

  private static int content(byte[] bytes, int from, int to) throws MalformedRecordException {
    int tag = space(bytes, space(bytes, from, to) + 1, to) + 1;
    if (tag >= to || (bytes[tag] != 'F' && bytes[tag] != 'P')) {
      throw new MalformedRecordException("container log: expected F or P behind stdout or stderr");
    }
    int end = LineDecoder.contentEnd(bytes, tag, to);
    for (int i = tag; i < end; i++) {
      if (bytes[i] == ' ') {
        return i + 1;
      }
    }
    return end;
  }

  private static String streamName(byte[] bytes, int from, int to) throws MalformedRecordException {
    if (to - from == 6) {
      if (matches(bytes, from, "stdout")) {
        return "stdout";
      }
      if (matches(bytes, from, "stderr")) {
        return "stderr";
      }
    }
    throw new MalformedRecordException("container log: expected stdout or stderr behind the time");
  }

  private static boolean matches(byte[] bytes, int from, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (bytes[from + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int lineEnd(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == '\n') {
        return i + 1;
      }
    }
    return to;
  }

  private static int space(byte[] bytes, int from, int to) throws MalformedRecordException {
    for (int i = from; i < to; i++) {
      if (bytes[i] == ' ') {
        return i;
      }
      if (bytes[i] == '\n') {
        break;
      }
    }
    throw new MalformedRecordException(
        "container log: expected \"<time> stdout|stderr P|F <content>\"");
  }
}
