package dev.purser.sources.logs;

import dev.purser.containers.Container;
import dev.purser.core.record.Stream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What the streams of a container say of it.
///
/// @param labels of its pod that they carry
/// @param annotations of its pod that they carry
record ContainerContext(List<Glob> labels, List<Glob> annotations) {
  private static final int MAX_ENTRIES = Stream.MAX_CONTEXT_ENTRIES - 16;

  /// Of all labels or annotations: each batch carries them.
  private static final int MAX_CHARACTERS = 64 << 10;

  ContainerContext {
    labels = List.copyOf(labels);
    annotations = List.copyOf(annotations);
  }

  void describe(Container container, Map<String, String> context) {
    context.put(LogContext.CONTAINER, container.name());
    context.put(LogContext.CONTAINER_ID, container.id());
    context.put(LogContext.IMAGE, container.image());
    context.put(LogContext.IMAGE_DIGEST, container.imageDigest());
    context.put(LogContext.RESTART_COUNT, Integer.toString(container.restartCount()));
    container
        .pod()
        .ifPresent(pod -> {
          context.put(LogContext.NAMESPACE, pod.namespace());
          context.put(LogContext.POD, pod.name());
          context.put(LogContext.POD_UID, pod.uid());
        });
    put(labels, container.shownLabels(), LogContext.LABEL, context);
    put(annotations, container.annotations(), LogContext.ANNOTATION, context);
  }

  /// A stream carries no more than its limit; a pod with more labels than that has others to fear.
  /// Those that are left out are the same each time.
  private static void put(
      List<Glob> wanted, Map<String, String> values, String prefix, Map<String, String> context) {
    int characters = 0;
    for (Map.Entry<String, String> entry : new TreeMap<>(values).entrySet()) {
      String key = prefix + entry.getKey();
      int more = key.length() + Math.min(entry.getValue().length(), Stream.MAX_VALUE_CHARACTERS);
      if (context.size() < MAX_ENTRIES
          && characters + more <= MAX_CHARACTERS
          && key.length() <= Stream.MAX_KEY_CHARACTERS
          && wanted.stream().anyMatch(glob -> glob.matches(entry.getKey()))) {
        context.put(key, entry.getValue());
        characters += more;
      }
    }
  }
}
