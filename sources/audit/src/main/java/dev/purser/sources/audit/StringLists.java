package dev.purser.sources.audit;

import dev.purser.core.json.JsonScanner;
import dev.purser.core.json.JsonText;
import dev.purser.core.table.MalformedRecordException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// JSON arrays of strings as lists. Groups and addresses are the same in most events, so the last
/// lists are kept, in a table of fixed size: whatever a sender varies, it stays as big as it is.
final class StringLists {
  private static final int SLOTS = 512;
  private static final int MAX_KEPT_BYTES = 512;

  private final JsonScanner scanner;
  private final @Nullable Entry[] slots = new Entry[SLOTS];

  StringLists(int maxDepth) {
    scanner = new JsonScanner(maxDepth);
  }

  /// The strings of the array that is `bytes[from, to)`; elements of other types are left out.
  List<String> read(byte[] bytes, int from, int to) throws MalformedRecordException {
    if (to - from > MAX_KEPT_BYTES) {
      return parse(bytes, from, to);
    }
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + bytes[i];
    }
    int slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    Entry kept = slots[slot];
    if (kept != null && Arrays.equals(kept.json, 0, kept.json.length, bytes, from, to)) {
      return kept.values;
    }
    Entry entry = new Entry(Arrays.copyOfRange(bytes, from, to), parse(bytes, from, to));
    slots[slot] = entry;
    return entry.values;
  }

  private List<String> parse(byte[] bytes, int from, int to) throws MalformedRecordException {
    List<String> values = new ArrayList<>();
    scanner.reset(bytes, from, to);
    scanner.enterArray();
    while (scanner.nextElement()) {
      if (scanner.string()) {
        values.add(JsonText.string(bytes, scanner.start(), scanner.end(), scanner.escaped()));
      }
    }
    return List.copyOf(values);
  }

  private static final class Entry {
    final byte[] json;
    final List<String> values;

    Entry(byte[] json, List<String> values) {
      this.json = json;
      this.values = values;
    }
  }
}
