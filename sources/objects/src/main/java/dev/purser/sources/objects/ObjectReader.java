package dev.purser.sources.objects;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.sources.objects.KnownObject.Controller;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads lists and watches of one kind of objects. Thread-safe.
final class ObjectReader {
  /// Set by a kubelet on the API's copy of a static pod: the uid that it uses itself.
  private static final String MIRROR = "kubernetes.io/config.mirror";

  /// On a pod: `off` leaves its containers out, see the source of container logs.
  private static final String LOGS = "purser.dev/logs";

  /// In the status of a pod.
  private static final List<String> CONTAINERS =
      List.of("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses");

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String cluster;
  private final Kind kind;
  private final SharedLabels shared;

  /// A page of a list.
  ///
  /// @param version of the list
  /// @param next token of the next page; empty behind the last
  /// @param runs of pods; none of other kinds
  record Page(List<KnownObject> objects, List<PodRun> runs, String version, String next) {}

  /// A line of a watch.
  sealed interface Line {
    /// @param run of a pod; null of other kinds
    record Changed(KnownObject object, @Nullable PodRun run, String version) implements Line {}

    /// @param run of a pod; null of other kinds
    record Deleted(KnownObject object, @Nullable PodRun run, String version) implements Line {}

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
      @Nullable String namespace,
      @Nullable String resourceVersion,
      @JsonProperty("continue") @Nullable String next,
      @Nullable Map<String, String> labels,
      @Nullable Map<String, String> annotations,
      @Nullable List<RawOwner> ownerReferences) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record RawSpec(@Nullable String nodeName) {}

  /// The status of an error is a word, that of a pod an object.
  @JsonIgnoreProperties(ignoreUnknown = true)
  private record RawObject(
      @Nullable RawMetadata metadata,
      @Nullable RawSpec spec,
      @Nullable JsonNode status,
      int code,
      @Nullable String message) {}

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
    List<KnownObject> objects = new ArrayList<>(items.size());
    List<PodRun> runs = new ArrayList<>();
    for (RawObject item : items) {
      KnownObject object = object(metadata(item));
      objects.add(object);
      PodRun run = run(object, item);
      if (run != null) {
        runs.add(run);
      }
    }
    return new Page(
        objects,
        runs,
        page.metadata.resourceVersion,
        Objects.requireNonNullElse(page.metadata.next, ""));
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
      case "ADDED", "MODIFIED" -> {
        KnownObject object = object(metadata);
        yield new Line.Changed(object, run(object, line.object), version);
      }
      case "DELETED" -> {
        KnownObject object = object(metadata);
        yield new Line.Deleted(object, run(object, line.object), version);
      }
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

  private @Nullable PodRun run(KnownObject object, RawObject raw) throws IOException {
    if (kind != Kind.POD) {
      return null;
    }
    RawMetadata metadata = metadata(raw);
    Map<String, String> annotations =
        metadata.annotations == null ? Map.of() : metadata.annotations;
    Map<String, String> started = new HashMap<>();
    if (raw.status != null) {
      for (String containers : CONTAINERS) {
        for (JsonNode container : raw.status.path(containers)) {
          if (isStarted(container)) {
            started.put(container.path("name").asText(), container.path("containerID").asText());
          }
        }
      }
    }
    return new PodRun(
        object.id(),
        Objects.requireNonNullElse(metadata.namespace, ""),
        object.name(),
        raw.spec == null ? "" : Objects.requireNonNullElse(raw.spec.nodeName, ""),
        !annotations.containsKey(MIRROR) && !"off".equalsIgnoreCase(annotations.get(LOGS)),
        started);
  }

  /// One that could not be started has an end without a beginning.
  private static boolean isStarted(JsonNode container) {
    JsonNode state = container.path("state");
    return state.has("running") || hasRun(state) || hasRun(container.path("lastState"));
  }

  private static boolean hasRun(JsonNode state) {
    String since = state.path("terminated").path("startedAt").asText("");
    return !since.isEmpty() && !since.equals("null") && !since.startsWith("1970-");
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
