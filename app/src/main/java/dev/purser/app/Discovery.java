package dev.purser.app;

import dev.purser.core.config.ConfigException;
import dev.purser.kubernetes.Kubeconfig;
import dev.purser.kubernetes.KubeconfigPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What `purser up` collects where no config file says it: written as a config file would say it.
///
/// @param sources what to collect
/// @param notes what was found and is not collected, and why; a line each
record Discovery(Config.Sources sources, List<String> notes) {
  /// Where distributions of Kubernetes and their handbooks put the API server's audit log.
  private static final List<String> AUDIT_LOGS =
      List.of(
          "/var/log/kubernetes/audit/audit.log",
          "/var/log/kubernetes/audit.log",
          "/var/log/kubernetes/kube-apiserver-audit.log",
          "/var/log/kube-apiserver/audit.log",
          "/var/log/apiserver/audit.log",
          "/var/lib/rancher/k3s/server/logs/audit.log",
          "/var/lib/rancher/rke2/server/logs/audit.log",
          "/var/lib/k0s/logs/audit.log");

  private static final Duration PROBE = Duration.ofSeconds(2);

  static Discovery of(Config config) throws ConfigException, InterruptedException {
    List<String> notes = new ArrayList<>();
    String yaml = yaml(config.cluster(), notes);
    return new Discovery(Config.parse("what was found", yaml).sources(), notes);
  }

  private static String yaml(String cluster, List<String> notes) throws InterruptedException {
    StringBuilder yaml = new StringBuilder();
    yaml.append(
        """
        sources:
          files:
            - name: host
              paths: ["/var/log/*.log", "/var/log/syslog", "/var/log/messages", "/var/log/secure",
                      "/var/log/cron", "/var/log/maillog", "/var/log/*/*.log"]
          containers: { paths: /var/log/pods }
        """);
    List<String> audit =
        AUDIT_LOGS.stream()
            .filter(file -> Files.exists(Path.of(file)))
            .map(Discovery::quote)
            .toList();
    if (!audit.isEmpty()) {
      yaml.append("  audit: { files: ").append(audit).append(" }\n");
    }
    for (Path file : KubeconfigPath.candidates(System.getenv(), Host.home())) {
      Kubeconfig.Found found = Kubeconfig.probe(file, PROBE);
      if (found.answers()) {
        yaml.append("  events: [ { cluster: ")
            .append(quote(cluster))
            .append(", kubeconfig: ")
            .append(quote(file.toString()))
            .append(" } ]\n");
        break;
      }
      notes.add("no Events by " + file + ": " + found.detail());
    }
    return yaml.toString();
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
