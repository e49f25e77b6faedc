package dev.purser.sources.events;

import dev.purser.core.json.JsonText;
import dev.purser.core.json.Rfc3339;
import dev.purser.core.record.Stream;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.core.table.Row;
import dev.purser.core.table.Table;
import dev.purser.sources.events.EventObject.Text;

/// Makes a row of the JSON of one core/v1 Event, whichever generation of reporter wrote it. `time`
/// is when it last happened, by the reporter's clock. Used by one thread.
public final class EventsDecoder implements Decoder {
  /// The [Stream#kind] of watches of Events.
  public static final String KIND = "event";

  private static final int UID = EventsTable.TABLE.index("uid");
  private static final int RESOURCE_VERSION = EventsTable.TABLE.index("resource_version");
  private static final int TYPE = EventsTable.TABLE.index("type");
  private static final int REASON = EventsTable.TABLE.index("reason");
  private static final int KIND_COLUMN = EventsTable.TABLE.index("kind");
  private static final int NAMESPACE = EventsTable.TABLE.index("namespace");
  private static final int NAME = EventsTable.TABLE.index("name");
  private static final int OBJECT_UID = EventsTable.TABLE.index("object_uid");
  private static final int COMPONENT = EventsTable.TABLE.index("component");
  private static final int HOST = EventsTable.TABLE.index("host");
  private static final int MESSAGE = EventsTable.TABLE.index("message");
  private static final int COUNT = EventsTable.TABLE.index("count");
  private static final int FIRST_TIME = EventsTable.TABLE.index("first_time");
  private static final int LAST_TIME = EventsTable.TABLE.index("last_time");

  private final EventObject event = new EventObject();
  private byte[] plain = new byte[1024];

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Table table() {
    return EventsTable.TABLE;
  }

  @Override
  public void decode(Stream stream, byte[] bytes, int from, int to, Row row)
      throws MalformedRecordException {
    event.read(bytes, from, to);
    text(row, UID, bytes, Text.UID);
    text(row, RESOURCE_VERSION, bytes, Text.RESOURCE_VERSION);
    text(row, TYPE, bytes, Text.TYPE);
    text(row, REASON, bytes, Text.REASON);
    text(row, KIND_COLUMN, bytes, Text.OBJECT_KIND);
    text(row, NAMESPACE, bytes, Text.OBJECT_NAMESPACE);
    text(row, NAME, bytes, Text.OBJECT_NAME);
    text(row, OBJECT_UID, bytes, Text.OBJECT_UID);
    text(row, COMPONENT, bytes, Text.SOURCE_COMPONENT, Text.REPORTING_COMPONENT);
    text(row, HOST, bytes, Text.SOURCE_HOST, Text.REPORTING_INSTANCE);
    text(row, MESSAGE, bytes, Text.MESSAGE);
    row.set(COUNT, event.count());
    time(row, FIRST_TIME, Text.FIRST_TIMESTAMP, Text.EVENT_TIME, Text.CREATION_TIMESTAMP);
    long last =
        time(
            row,
            LAST_TIME,
            Text.SERIES_LAST_OBSERVED_TIME,
            Text.LAST_TIMESTAMP,
            Text.EVENT_TIME,
            Text.CREATION_TIMESTAMP);
    if (last != Rfc3339.NONE) {
      row.set(Table.TIME, last);
    }
  }

  /// Sets the first of `choices` that is there.
  private void text(Row row, int column, byte[] bytes, Text... choices) {
    for (Text text : choices) {
      if (!event.has(text)) {
        continue;
      }
      int start = event.start(text);
      int end = event.end(text);
      if (!event.isEscaped(text)) {
        row.set(column, bytes, start, end);
      } else {
        if (plain.length < end - start) {
          plain = new byte[end - start];
        }
        row.set(column, plain, 0, JsonText.unescape(bytes, start, end, plain));
      }
      return;
    }
  }

  private long time(Row row, int column, Text... choices) {
    for (Text text : choices) {
      long micros = event.micros(text);
      if (micros != Rfc3339.NONE) {
        row.set(column, micros);
        return micros;
      }
    }
    return Rfc3339.NONE;
  }
}
