package dev.purser.sources.events;

import dev.purser.core.config.Section;
import dev.purser.kubernetes.Cluster;
import java.util.List;

/// The clusters whose Events are collected: `events: [ { cluster: prod-1, kubeconfig:
/// ~/.kube/config } ]`.
public record EventsConfig(List<Cluster> clusters) {
  public EventsConfig {
    clusters = List.copyOf(clusters);
  }

  /// Reads the key `events` of `sources`; faults are reported to it.
  public static EventsConfig read(Section sources) {
    return new EventsConfig(Cluster.readAll(sources, "events"));
  }
}
