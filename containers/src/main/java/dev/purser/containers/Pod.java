package dev.purser.containers;

import java.util.Map;

/// The pod of a container, as its runtime knows it. Its labels and annotations are those of the
/// time when it was started.
public record Pod(
    String namespace,
    String name,
    String uid,
    Map<String, String> labels,
    Map<String, String> annotations) {
  static final String NAME_LABEL = "io.kubernetes.pod.name";
  static final String NAMESPACE_LABEL = "io.kubernetes.pod.namespace";
  static final String UID_LABEL = "io.kubernetes.pod.uid";
  static final String CONTAINER_LABEL = "io.kubernetes.container.name";
  static final String RESTARTS_ANNOTATION = "io.kubernetes.container.restartCount";

  private static final String KUBELETS = "io.kubernetes.";

  public Pod {
    labels = withoutKubelets(labels);
    annotations = Map.copyOf(annotations);
  }

  /// Without what the kubelet adds for its own use: it repeats the fields of this record.
  private static Map<String, String> withoutKubelets(Map<String, String> labels) {
    return labels.entrySet().stream()
        .filter(label -> !label.getKey().startsWith(KUBELETS))
        .collect(
            java.util.stream.Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
  }
}
