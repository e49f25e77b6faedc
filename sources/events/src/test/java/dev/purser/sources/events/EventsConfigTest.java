package dev.purser.sources.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.config.ConfigException;
import dev.purser.core.config.Section;
import dev.purser.kubernetes.Cluster;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class EventsConfigTest {
  @Test
  void readsSeveralClusters() throws Exception {
    Section section =
        Section.parse(
            "f",
            "events: [ { cluster: prod-1, kubeconfig: /etc/a }, { cluster: prod-2, kubeconfig: ~/.kube/config } ]");
    EventsConfig config = EventsConfig.read(section);
    section.throwFaults("f");
    assertThat(config.clusters())
        .containsExactly(
            new Cluster("prod-1", Path.of("/etc/a")),
            new Cluster("prod-2", Path.of(System.getProperty("user.home"), ".kube/config")));
  }

  @Test
  void isEmptyWithoutTheKey() throws Exception {
    assertThat(EventsConfig.read(Section.parse("f", "")).clusters()).isEmpty();
  }

  @Test
  void reportsAllFaults() throws Exception {
    Section section =
        Section.parse(
            "f",
            """
            events:
              - { cluster: a, kubeconfig: /a }
              - { cluster: a, kubeconfig: /b }
              - { cluster: "b/c", kubeconfig: /c }
              - { kubeconfg: /d }
            """);
    EventsConfig.read(section);
    assertThatThrownBy(() -> section.throwFaults("f"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("events[1].cluster: \"a\" is named twice")
        .hasMessageContaining("events[2].cluster: expected at most 128 letters")
        .hasMessageContaining("without blanks, found \"b/c\"")
        .hasMessageContaining("events[3].cluster: missing")
        .hasMessageContaining("events[3].kubeconfig: missing")
        .hasMessageContaining("events[3].kubeconfg: unknown key; did you mean kubeconfig?");
  }
}
