package dev.purser.core.objects;

import java.util.Map;
import java.util.Optional;

/// What the hub knows of the objects of its clusters while it decodes records about them.
///
/// Thread-safe; a look-up takes microseconds and never fails: what cannot be found is empty.
public interface Inventory {
  /// Knows nothing: no cluster is watched.
  Inventory EMPTY =
      new Inventory() {
        @Override
        public void await(String cluster, String podUid, long ingestTimeMicros) {}

        @Override
        public Optional<Pod> pod(String cluster, String uid) {
          return Optional.empty();
        }

        @Override
        public Optional<Map<String, String>> namespaceLabels(String cluster, String namespace) {
          return Optional.empty();
        }

        @Override
        public Optional<Map<String, String>> nodeLabels(String cluster, String node) {
          return Optional.empty();
        }
      };

  /// Gives the news of a pod the time to come in that its records may be ahead of it; returns at
  /// once where the pod is known, or nothing is to be expected.
  ///
  /// @param ingestTimeMicros when the hub took the records; those that have waited longer than the
  ///   news may take are not held up any more
  void await(String cluster, String podUid, long ingestTimeMicros) throws InterruptedException;

  /// @param uid as the container runtime calls it
  Optional<Pod> pod(String cluster, String uid);

  Optional<Map<String, String>> namespaceLabels(String cluster, String namespace);

  /// @param node its name, or that of its host
  Optional<Map<String, String>> nodeLabels(String cluster, String node);
}
