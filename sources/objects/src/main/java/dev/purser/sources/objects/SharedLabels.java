package dev.purser.sources.objects;

import java.lang.ref.WeakReference;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.WeakHashMap;

/// One object for all equal maps: the pods of a ReplicaSet have the same labels. Thread-safe.
final class SharedLabels {
  private final WeakHashMap<Map<String, String>, WeakReference<Map<String, String>>> maps =
      new WeakHashMap<>();

  /// @param map not changed any more
  /// @return an unmodifiable map with the same entries
  synchronized Map<String, String> share(SortedMap<String, String> map) {
    WeakReference<Map<String, String>> reference = maps.get(map);
    Map<String, String> known = reference == null ? null : reference.get();
    if (known != null) {
      return known;
    }
    Map<String, String> added = Collections.unmodifiableMap(map);
    maps.put(added, new WeakReference<>(added));
    return added;
  }
}
