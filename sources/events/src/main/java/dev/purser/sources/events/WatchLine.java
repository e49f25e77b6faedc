package dev.purser.sources.events;

import dev.purser.core.json.FieldNames;
import dev.purser.core.json.JsonScanner;
import dev.purser.core.json.JsonText;
import dev.purser.core.table.MalformedRecordException;

/// A line of a watch: `{"type":"ADDED","object":{…}}`.
sealed interface WatchLine {
  /// A new version of an Event, the first one or a later one.
  record Changed(EventVersion version) implements WatchLine {}

  /// An Event is gone; mostly it was just too old.
  record Deleted(String uid, long resourceVersion) implements WatchLine {}

  /// All up to here was sent.
  record Bookmark(long resourceVersion) implements WatchLine {}

  /// The watch cannot go on.
  record Refused(int code, String message) implements WatchLine {}

  /// Reads lines; one thread.
  final class Parser {
    private static final FieldNames LINE = FieldNames.of("type", "object");
    private static final FieldNames OBJECT =
        FieldNames.of("metadata", "resourceVersion", "code", "message");

    private final JsonScanner scanner = new JsonScanner(10_000);
    private final EventPages objects = new EventPages();

    /// Reads `bytes[from, to)`.
    ///
    /// @throws MalformedRecordException when it is no line of a watch of Events
    WatchLine parse(byte[] bytes, int from, int to) throws MalformedRecordException {
      String type = "";
      int start = -1;
      int end = -1;
      scanner.reset(bytes, from, to);
      scanner.enterObject();
      while (scanner.nextField()) {
        int field = scanner.name(LINE);
        scanner.peek();
        int value = scanner.position();
        boolean string = scanner.string();
        if (field == 0 && string) {
          type = JsonText.string(bytes, scanner.start(), scanner.end(), scanner.escaped());
        } else if (field == 1) {
          start = value;
          end = scanner.position();
        }
      }
      scanner.finish();
      if (start < 0) {
        throw new MalformedRecordException("a line of a watch without an object");
      }
      return switch (type) {
        case "ADDED", "MODIFIED" -> new Changed(objects.read(bytes, start, end));
        case "DELETED" -> {
          EventVersion last = objects.read(bytes, start, end);
          yield new Deleted(last.uid(), last.resourceVersion());
        }
        case "BOOKMARK" -> new Bookmark(bookmark(bytes, start, end));
        case "ERROR" -> refused(bytes, start, end);
        default -> throw new MalformedRecordException("a line of a watch of an unknown type");
      };
    }

    private long bookmark(byte[] bytes, int from, int to) throws MalformedRecordException {
      String version = "";
      scanner.reset(bytes, from, to);
      scanner.enterObject();
      while (scanner.nextField()) {
        if (scanner.name(OBJECT) != 0) {
          scanner.skipValue();
          continue;
        }
        scanner.enterObject();
        while (scanner.nextField()) {
          boolean isVersion = scanner.name(OBJECT) == 1;
          if (scanner.string() && isVersion) {
            version = JsonText.string(bytes, scanner.start(), scanner.end(), scanner.escaped());
          }
        }
      }
      return EventPages.version(version);
    }

    private Refused refused(byte[] bytes, int from, int to) throws MalformedRecordException {
      int code = 0;
      String message = "";
      scanner.reset(bytes, from, to);
      scanner.enterObject();
      while (scanner.nextField()) {
        int field = scanner.name(OBJECT);
        boolean string = scanner.string();
        String text =
            JsonText.string(bytes, scanner.start(), scanner.end(), string && scanner.escaped());
        if (field == 2 && text.matches("[0-9]{1,5}")) {
          code = Integer.parseInt(text);
        } else if (field == 3 && string) {
          message = text;
        }
      }
      return new Refused(code, message);
    }
  }
}
