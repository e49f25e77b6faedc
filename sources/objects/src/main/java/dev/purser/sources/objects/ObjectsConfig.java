package dev.purser.sources.objects;

import dev.purser.core.config.Section;
import dev.purser.kubernetes.Cluster;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// The clusters whose objects the hub knows, so that rows about pods have their owners and labels:
/// `objects: [ { cluster: prod-1, kubeconfig: ~/.kube/config } ]`; `objects: []` for none.
public record ObjectsConfig(List<Cluster> clusters) {
  public ObjectsConfig {
    clusters = List.copyOf(clusters);
  }

  /// Reads the key `objects` of `sources`; faults are reported to it.
  ///
  /// @param others the clusters that are reached anyway, for where the key is missing
  public static ObjectsConfig read(Section sources, List<Cluster> others) {
    return new ObjectsConfig(sources.has("objects") ? Cluster.readAll(sources, "objects") : others);
  }

  /// Names of the clusters.
  public Set<String> names() {
    return clusters.stream().map(Cluster::name).collect(Collectors.toUnmodifiableSet());
  }
}
