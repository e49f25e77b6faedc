package dev.purser.sources.objects;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is kept of an object.
///
/// @param labels empty for kinds whose labels nobody asks for
/// @param controller what runs it; null if nothing does
record KnownObject(
    ObjectId id, String name, Map<String, String> labels, @Nullable Controller controller) {
  /// The owner reference that says who runs an object.
  record Controller(String kind, String name, String uid) {}
}
