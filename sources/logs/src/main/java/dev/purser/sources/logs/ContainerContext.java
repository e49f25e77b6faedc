package dev.purser.sources.logs;

import dev.purser.containers.Container;
import dev.purser.core.record.Stream;
import java.util.List;
import java.util.Map;

/// What the streams of a container say of it.
///
/// @param labels of its pod that they carry
/// @param annotations of its pod that they carry
record ContainerContext(List<Glob> labels, List<Glob> annotations) {
  private static final int MAX_ENTRIES = Stream.MAX_CONTEXT_ENTRIES - 16;

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
  private static void put(
      List<Glob> wanted, Map<String, String> values, String prefix, Map<String, String> context) {
    values.forEach((key, value) -> {
      if (context.size() < MAX_ENTRIES && wanted.stream().anyMatch(glob -> glob.matches(key))) {
        context.put(prefix + key, value);
      }
    });
  }
}
