package dev.purser.sources.objects;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.sources.objects.KnownObject.Controller;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads lists and watches of one kind of objects. Thread-safe.
final class ObjectReader {
  /// Set by a kubelet on the API's copy of a static pod: the uid that it uses itself.
  private static final String MIRROR = "kubernetes.io/config.mirror";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String cluster;
  private final Kind kind;
  private final SharedLabels shared;

  /// A page of a list.
  ///
  /// @param version of the list
  /// @param next token of the next page; empty behind the last
  record Page(List<KnownObject> objects, String version, String next) {}

  /// A line of a watch.
  sealed interface Line {
    record Changed(KnownObject object, String version) implements Line {}

    record Deleted(KnownObject object, String version) implements Line {}

    /// All up to here was sent.
    record Bookmark(String version) implements Line {}

    /// The watch cannot go on.
    record Refused(int code, String message) implements Line {}
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record RawOwner(
      @Nullable String kind, @Nullable String name, @Nullable String uid, boolean controller) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record RawMetadata(
      @Nullable String uid,
      @Nullable String name,
      @Nullable String resourceVersion,
      @JsonProperty("continue") @Nullable String next,
      @Nullable Map<String, String> labels,
      @Nullable Map<String, String> annotations,
      @Nullable List<RawOwner> ownerReferences) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record RawObject(@Nullable RawMetadata metadata, int code, @Nullable String message) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record RawPage(@Nullable RawMetadata metadata, @Nullable List<RawObject> items) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record RawLine(@Nullable String type, @Nullable RawObject object) {}

  ObjectReader(String cluster, Kind kind, SharedLabels shared) {
    this.cluster = cluster;
    this.kind = kind;
    this.shared = shared;
  }

  String cluster() {
    return cluster;
  }

  Kind kind() {
    return kind;
  }

  /// @throws IOException when it is no list
  Page page(byte[] json) throws IOException {
    RawPage page = read(json, 0, json.length, RawPage.class);
    if (page.metadata == null || page.metadata.resourceVersion == null) {
      throw unreadable("a list without a resourceVersion");
    }
    List<RawObject> items = page.items == null ? List.of() : page.items;
    List<KnownObject> objects = new java.util.ArrayList<>(items.size());
    for (RawObject item : items) {
      objects.add(object(metadata(item)));
    }
    return new Page(
        objects, page.metadata.resourceVersion, Objects.requireNonNullElse(page.metadata.next, ""));
  }

  /// Reads `bytes[from, to)`.
  ///
  /// @throws IOException when it is no line of a watch
  Line line(byte[] bytes, int from, int to) throws IOException {
    RawLine line = read(bytes, from, to, RawLine.class);
    if (line.type == null || line.object == null) {
      throw unreadable("a line of a watch without type and object");
    }
    if (line.type.equals("ERROR")) {
      return new Line.Refused(
          line.object.code, Objects.requireNonNullElse(line.object.message, ""));
    }
    RawMetadata metadata = metadata(line.object);
    String version = metadata.resourceVersion;
    if (version == null) {
      throw unreadable("an object without a resourceVersion");
    }
    return switch (line.type) {
      case "ADDED", "MODIFIED" -> new Line.Changed(object(metadata), version);
      case "DELETED" -> new Line.Deleted(object(metadata), version);
      case "BOOKMARK" -> new Line.Bookmark(version);
      default -> throw unreadable("a line of a watch of an unknown type");
    };
  }

  private KnownObject object(RawMetadata metadata) throws IOException {
    if (metadata.uid == null || metadata.name == null) {
      throw unreadable("an object without uid or name");
    }
    String key =
        switch (kind) {
          case NAMESPACE, NODE -> metadata.name;
          case REPLICA_SET, JOB -> metadata.uid;
          case POD ->
              metadata.annotations == null
                  ? metadata.uid
                  : metadata.annotations.getOrDefault(MIRROR, metadata.uid);
        };
    return new KnownObject(
        new ObjectId(cluster, kind, key), metadata.name, labels(metadata), controller(metadata));
  }

  private Map<String, String> labels(RawMetadata metadata) {
    return metadata.labels == null || !kind.hasLabels()
        ? Map.of()
        : shared.share(new TreeMap<>(metadata.labels));
  }

  private static @Nullable Controller controller(RawMetadata metadata) {
    if (metadata.ownerReferences != null) {
      for (RawOwner owner : metadata.ownerReferences) {
        if (owner.controller && owner.kind != null && owner.name != null && owner.uid != null) {
          return new Controller(owner.kind.intern(), owner.name, owner.uid);
        }
      }
    }
    return null;
  }

  private RawMetadata metadata(RawObject object) throws IOException {
    if (object.metadata == null) {
      throw unreadable("an object without metadata");
    }
    return object.metadata;
  }

  private <T> T read(byte[] bytes, int from, int to, Class<T> type) throws IOException {
    T read;
    try {
      read = MAPPER.readValue(bytes, from, to - from, type);
    } catch (IOException e) {
      throw new IOException(
          "the answer to " + kind.path() + " is not what an API server sends: no such JSON", e);
    }
    if (read == null) {
      throw unreadable("null");
    }
    return read;
  }

  private IOException unreadable(String what) {
    return new IOException(
        "the answer to " + kind.path() + " is not what an API server sends: " + what);
  }
}
