package dev.purser.app;

import dev.purser.core.config.ConfigException;
import dev.purser.sources.events.Kubeconfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What `purser up` collects where no config file says it: written as a config file would say it.
final class Discovery {
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

  private Discovery() {}

  static Config.Sources sources(Config config) throws ConfigException {
    return Config.parse("what was found", yaml(config.cluster())).sources();
  }

  private static String yaml(String cluster) {
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
        AUDIT_LOGS.stream().filter(file -> Files.exists(Path.of(file))).map(Discovery::quote).toList();
    if (!audit.isEmpty()) {
      yaml.append("  audit: { files: ").append(audit).append(" }\n");
    }
    Kubeconfig.findAnswering()
        .ifPresent(
            file ->
                yaml.append("  events: [ { cluster: ")
                    .append(quote(cluster))
                    .append(", kubeconfig: ")
                    .append(quote(file.toString()))
                    .append(" } ]\n"));
    return yaml.toString();
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
