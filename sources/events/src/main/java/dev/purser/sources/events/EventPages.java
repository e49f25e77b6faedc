package dev.purser.sources.events;

import dev.purser.core.json.FieldNames;
import dev.purser.core.json.JsonScanner;
import dev.purser.core.json.JsonText;
import dev.purser.core.table.MalformedRecordException;
import java.util.Arrays;
import java.util.function.Consumer;

/// Reads pages of lists: their own version, how to go on, and each object as its bytes.
final class EventPages {
  private static final FieldNames PAGE = FieldNames.of("metadata", "items");
  private static final FieldNames METADATA = FieldNames.of("resourceVersion", "continue", "uid");
  private static final int MAX_DEPTH = 10_000;

  private final JsonScanner scanner = new JsonScanner(MAX_DEPTH);
  private final EventObject event = new EventObject();

  /// What a page says of its list.
  ///
  /// @param resourceVersion of the list
  /// @param next token of the next page; empty behind the last
  record Page(long resourceVersion, String next) {}

  /// Gives each object of a page to `items`.
  ///
  /// @throws MalformedRecordException when it is no list of Events
  Page read(byte[] page, Consumer<EventVersion> items) throws MalformedRecordException {
    String version = "";
    String next = "";
    scanner.reset(page, 0, page.length);
    scanner.enterObject();
    while (scanner.nextField()) {
      int field = scanner.name(PAGE);
      if (field == 0) {
        scanner.enterObject();
        while (scanner.nextField()) {
          int key = scanner.name(METADATA);
          if (!scanner.string()) {
            continue;
          }
          String text = JsonText.string(page, scanner.start(), scanner.end(), scanner.escaped());
          if (key == 0) {
            version = text;
          } else if (key == 1) {
            next = text;
          }
        }
      } else if (field == 1 && scanner.peek() == '[') {
        items(page, items);
      } else {
        scanner.skipValue();
      }
    }
    scanner.finish();
    return new Page(version(version), next);
  }

  private void items(byte[] page, Consumer<EventVersion> items) throws MalformedRecordException {
    scanner.enterArray();
    while (scanner.nextElement()) {
      scanner.peek();
      int from = scanner.position();
      scanner.skipValue();
      items.accept(read(page, from, scanner.position()));
    }
  }

  /// One object.
  EventVersion read(byte[] bytes, int from, int to) throws MalformedRecordException {
    event.read(bytes, from, to);
    return new EventVersion(
        event.string(EventObject.Text.UID),
        version(event.string(EventObject.Text.RESOURCE_VERSION)),
        event.count(),
        Arrays.copyOfRange(bytes, from, to));
  }

  /// A resourceVersion as a number.
  static long version(String text) throws MalformedRecordException {
    try {
      long version = Long.parseLong(text);
      if (version > 0) {
        return version;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new MalformedRecordException("a resourceVersion that is no positive number");
  }

  /// The uid of any object.
  static String uid(byte[] json) throws MalformedRecordException {
    JsonScanner scanner = new JsonScanner(MAX_DEPTH);
    scanner.reset(json, 0, json.length);
    scanner.enterObject();
    while (scanner.nextField()) {
      if (scanner.name(PAGE) != 0) {
        scanner.skipValue();
        continue;
      }
      scanner.enterObject();
      while (scanner.nextField()) {
        boolean isUid = scanner.name(METADATA) == 2;
        if (scanner.string() && isUid && scanner.end() > scanner.start()) {
          return JsonText.string(json, scanner.start(), scanner.end(), scanner.escaped());
        }
      }
    }
    throw new MalformedRecordException("an object without a uid");
  }
}
