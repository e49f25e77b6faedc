package dev.purser.kubernetes;

import dev.purser.core.config.Section;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A cluster in the config file: `{ cluster: prod-1, kubeconfig: ~/.kube/config }`.
///
/// @param name how it is called in the column `cluster`
/// @param kubeconfig the file that says how to reach it, by its current context
public record Cluster(String name, Path kubeconfig) {
  private static final int MAX_NAME = 128;

  /// Reads the list of clusters under `key`; faults are reported to it.
  public static List<Cluster> readAll(Section section, String key) {
    List<Cluster> clusters = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Section entry : section.sections(key)) {
      Optional<String> name = entry.string("cluster").filter(n -> !n.isBlank());
      Optional<String> file = entry.string("kubeconfig").filter(f -> !f.isBlank());
      entry.finish();
      if (name.isEmpty()) {
        entry.fault("cluster", "missing; it names the cluster in each row");
      } else if (!isName(name.get())) {
        entry.fault(
            "cluster",
            "expected at most "
                + MAX_NAME
                + " letters, digits and any of . _ -, without blanks, found \""
                + name.get()
                + "\"");
      } else if (!names.add(name.get())) {
        entry.fault(
            "cluster",
            "\"" + name.get() + "\" is named twice; each cluster needs a name of its own");
      }
      if (file.isEmpty()) {
        entry.fault("kubeconfig", "missing; the file that says how to reach the cluster");
      }
      if (name.isPresent() && file.isPresent()) {
        clusters.add(new Cluster(name.get(), KubeconfigPath.of(file.get())));
      }
    }
    return clusters;
  }

  private static boolean isName(String name) {
    return name.length() <= MAX_NAME
        && name.chars().allMatch(c -> Character.isLetterOrDigit(c) || "._-".indexOf(c) >= 0);
  }
}
