package dev.purser.sources.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.config.ConfigException;
import dev.purser.core.config.Section;
import dev.purser.sources.logs.AgentHome;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class AuditConfigTest {
  @Test
  void readsFiles() throws Exception {
    Section section = Section.parse("f", "files: [/var/log/audit.log, \"/srv/*/audit.log\"]");
    AuditConfig config = AuditConfig.read(section);
    section.throwFaults("f");
    assertThat(config.files()).containsExactly("/var/log/audit.log", "/srv/*/audit.log");
    assertThat(config.source(new AgentHome(Path.of("/nowhere"), true)).maxRecordBytes())
        .isEqualTo(16 << 20);
  }

  @Test
  void reportsAllFaults() throws Exception {
    Section section = Section.parse("f", "files: [audit.log]\nfile: x");
    AuditConfig.read(section);
    assertThatThrownBy(() -> section.throwFaults("f"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("files: expected an absolute path, found \"audit.log\"")
        .hasMessageContaining("did you mean files?");
  }

  @Test
  void reportsMissingFiles() throws Exception {
    Section section = Section.parse("f", "");
    AuditConfig.read(section);
    assertThatThrownBy(() -> section.throwFaults("f")).hasMessageContaining("--audit-log-path");
  }
}
