package dev.purser.sources.logs;

import dev.purser.core.json.FieldNames;
import dev.purser.core.json.JsonScanner;
import dev.purser.core.json.Rfc3339;
import dev.purser.core.table.MalformedRecordException;

/// Takes lines of Docker's json-file apart, see [JsonFileLine].
final class JsonFileReader implements LogEntry.Reader {
  /// Docker nests no deeper than the `attrs`.
  private static final int MAX_DEPTH = 16;

  private static final FieldNames FIELDS = FieldNames.of("log", "stream", "time");
  private static final FieldNames STREAMS = FieldNames.of("stdout", "stderr");

  private final JsonScanner json = new JsonScanner(MAX_DEPTH);

  @Override
  public int read(byte[] bytes, int from, int to, LogEntry entry) throws MalformedRecordException {
    int end = CriReader.lineEnd(bytes, from, to);
    entry.contentStart = from;
    entry.contentEnd = from;
    entry.escaped = false;
    entry.complete = false;
    entry.timeMicros = Rfc3339.NONE;
    boolean hasStream = false;
    json.reset(bytes, from, end);
    json.enterObject();
    while (json.nextField()) {
      int field = json.name(FIELDS);
      boolean isString = json.string();
      if (field >= 0 && !isString) {
        throw new MalformedRecordException(
            "container log: expected strings as log, stream and time");
      }
      switch (field) {
        case 0 -> content(bytes, entry);
        case 1 -> {
          entry.stderr = isStderr(bytes);
          hasStream = true;
        }
        case 2 -> entry.timeMicros = Rfc3339.micros(bytes, json.start(), json.end());
        default -> {}
      }
    }
    json.finish();
    if (!hasStream || entry.timeMicros == Rfc3339.NONE) {
      throw new MalformedRecordException(
          "container log: expected the fields stream and time beside log");
    }
    return end;
  }

  private void content(byte[] bytes, LogEntry entry) {
    entry.contentStart = json.start();
    entry.contentEnd = json.end();
    entry.escaped = json.escaped();
    entry.complete = endsWithLineFeed(bytes, json.start(), json.end());
    if (entry.complete) {
      entry.contentEnd -= 2;
    }
  }

  private boolean isStderr(byte[] bytes) throws MalformedRecordException {
    int stream = STREAMS.indexOf(bytes, json.start(), json.end());
    if (stream >= 0) {
      return stream == 1;
    }
    throw new MalformedRecordException("container log: expected stdout or stderr as stream");
  }

  /// Whether the text ends with `\n`, the backslash of which is not itself escaped.
  private static boolean endsWithLineFeed(byte[] bytes, int from, int to) {
    if (to - from < 2 || bytes[to - 1] != 'n') {
      return false;
    }
    int first = to - 1;
    while (first > from && bytes[first - 1] == '\\') {
      first--;
    }
    return (to - 1 - first) % 2 == 1;
  }
}
