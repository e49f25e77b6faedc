package dev.purser.kubernetes;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Where kubeconfigs lie. Apart from [Kubeconfig], as an agent reads a config that names some, and
/// has no Kubernetes client.
public final class KubeconfigPath {
  private static final Path ADMIN = Path.of("/etc/kubernetes/admin.conf");

  private KubeconfigPath() {}

  /// The path that `text` means; `~` in front is the home directory.
  public static Path of(String text) {
    if (text.equals("~") || text.startsWith("~/")) {
      return Path.of(System.getProperty("user.home", "/"))
          .resolve(text.substring(Math.min(2, text.length())));
    }
    return Path.of(text);
  }

  /// The files that exist at the usual places, best first: those in `KUBECONFIG`, else the home
  /// directory's; then kubeadm's.
  ///
  /// @param environment the process's
  public static List<Path> candidates(Map<String, String> environment, Path home) {
    List<Path> places = new ArrayList<>();
    String variable = environment.getOrDefault("KUBECONFIG", "");
    for (String place : variable.split(java.io.File.pathSeparator, -1)) {
      if (!place.isBlank()) {
        places.add(of(place));
      }
    }
    if (places.isEmpty()) {
      places.add(home.resolve(".kube/config"));
    }
    places.add(ADMIN);
    return places.stream().distinct().filter(Files::exists).toList();
  }
}
