package dev.purser.sources.audit;

import dev.purser.core.config.DataSize;
import dev.purser.core.config.Section;
import dev.purser.sources.logs.AgentHome;
import dev.purser.sources.logs.FileSourceConfig;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// `sources.audit` in the config file: `{ files: ["/var/log/kubernetes/audit/audit.log"] }`.
///
/// @param files absolute paths of the API server's audit logs, as given to it with
///   `--audit-log-path`; rotated siblings belong to them
public record AuditConfig(List<String> files) {
  /// Of the source, for messages.
  public static final String NAME = "audit";

  /// What an API server told is held however much it is.
  private static final DataSize UNLIMITED = new DataSize(Long.MAX_VALUE);

  /// The API server takes requests of up to 3 MB, and an event can hold one with its response.
  static final int MAX_RECORD_BYTES = 16 << 20;

  public AuditConfig {
    files = List.copyOf(files);
  }

  /// Reads the section; faults go to it.
  public static AuditConfig read(Section section) {
    List<String> files = new ArrayList<>();
    for (String file : section.strings("files")) {
      try {
        // Looks at the pattern.
        new AuditConfig(List.of(file)).source(new AgentHome(Path.of("/"), false));
        files.add(file);
      } catch (IllegalArgumentException e) {
        section.fault("files", String.valueOf(e.getMessage()));
      }
    }
    if (!section.has("files")) {
      section.fault(
          "files",
          "missing; expected the path that the API server has as --audit-log-path, such as"
              + " /var/log/kubernetes/audit/audit.log");
    }
    section.finish();
    return new AuditConfig(files);
  }

  /// What to read.
  public FileSourceConfig source(AgentHome home) {
    return new FileSourceConfig(
        NAME,
        files,
        From.BEGINNING,
        MAX_RECORD_BYTES,
        FileSourceConfig.DEFAULT_POLL,
        FileSourceConfig.DEFAULT_IDLE,
        UNLIMITED,
        List.of(home.directory()),
        home.spool(NAME));
  }
}
