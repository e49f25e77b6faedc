package dev.purser.core.objects;

import java.util.Map;
import java.util.Optional;

/// What runs a pod, as its user knows it: a Deployment, not its ReplicaSet; a CronJob, not its Job.
///
/// @param kind such as `Deployment`; `Node` for a static pod
public record Owner(String kind, String name) {
  private static final String JOB = "batch.kubernetes.io/job-name";
  private static final String TEMPLATE = "pod-template-hash";
  private static final String STATEFUL_SET = "statefulset.kubernetes.io/pod-name";

  /// How many characters the API server puts behind the name that a ReplicaSet gives its pods.
  private static final int RANDOM_CHARS = 5;

  /// What the labels that controllers put on their pods tell where nothing else is known. The
  /// CronJob of a Job is not among it. Whoever makes a pod can write these labels, as he can name
  /// an owner that is none.
  public static Optional<Owner> fromLabels(String pod, Map<String, String> labels) {
    String job = labels.get(JOB);
    if (job != null) {
      return Optional.of(new Owner("Job", job));
    }
    String hash = labels.get(TEMPLATE);
    if (hash != null) {
      // A name that was too long is cut before its random end; then the hash is not where it was.
      int end = pod.length() - RANDOM_CHARS - hash.length() - 2;
      return end > 0 && pod.startsWith("-" + hash + "-", end)
          ? Optional.of(new Owner("Deployment", pod.substring(0, end)))
          : Optional.empty();
    }
    int ordinal = pod.lastIndexOf('-');
    if (ordinal > 0 && pod.equals(labels.get(STATEFUL_SET))) {
      return Optional.of(new Owner("StatefulSet", pod.substring(0, ordinal)));
    }
    return Optional.empty();
  }
}
