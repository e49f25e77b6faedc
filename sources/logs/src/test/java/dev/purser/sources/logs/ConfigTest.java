package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.config.ConfigException;
import dev.purser.core.config.DataSize;
import dev.purser.core.config.Section;
import dev.purser.core.disk.HostRoot;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigTest {
  private static final AgentHome HOME = new AgentHome(Path.of("/data"), true);

  @TempDir Path directory;

  @Test
  void readsAnEntryOfFiles() throws Exception {
    Section section =
        Section.parse(
            "c",
            "{ name: auth, paths: [\"/var/log/auth.log*\"], from: end, exclude: /var/log/auth.log.9, heldBytes: 64MB }");
    FilesConfig config = FilesConfig.read(section);
    section.throwFaults("c");
    assertThat(config)
        .isEqualTo(
            new FilesConfig(
                "auth",
                List.of("/var/log/auth.log*"),
                From.END,
                List.of(Path.of("/var/log/auth.log.9")),
                Optional.empty(),
                DataSize.ofMegabytes(64)));
    assertThat(config.source(HOME).exclude()).hasSize(2);
    assertThat(config.source(HOME).heldBytes()).isEqualTo(DataSize.ofMegabytes(64));
  }

  @Test
  void reportsAllFaultsOfAnEntryAtOnce() throws Exception {
    Section section = Section.parse("c", "{ path: [x], paths: [relative.log], from: middle }");
    FilesConfig.read(section);
    assertThatThrownBy(() -> section.throwFaults("c"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("did you mean paths?")
        .hasMessageContaining("expected an absolute path, found \"relative.log\"")
        .hasMessageContaining("one of beginning, end")
        .hasMessageContaining("name: missing");
  }

  @Test
  void containersHaveADefaultDirectory() throws Exception {
    ContainersConfig config = ContainersConfig.read(Section.parse("c", ""));
    assertThat(config.directory()).isEqualTo(Path.of("/var/log/pods"));
    assertThat(config.source(HOME).patterns())
        .containsExactly(
            "/var/log/pods/*/*/*.log",
            "/var/lib/docker/containers/*/*-json.log",
            "/var/lib/docker/containers/*/local-logs/container.log");
    assertThat(config.source(HOME).heldBytes()).isEqualTo(DataSize.parse("2GB"));
  }

  @Test
  void filesInsideContainersNeedPaths() throws Exception {
    Section section =
        Section.parse(
            "c",
            "files: [ { paths: [/a/**/*.log], include: { pod: web } }, { path: [b], paths: [c] }, {} ]");
    ContainersConfig config = ContainersConfig.read(section);
    assertThat(config.insidePaths()).containsExactly("/a/**/*.log");
    assertThatThrownBy(() -> section.throwFaults("c"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("files[1].path: unknown key; did you mean paths?")
        .hasMessageContaining("files[1].paths: expected an absolute path, found \"c\"")
        .hasMessageContaining("files[2].paths: missing");
  }

  @Test
  void aContainersContextComesFromItsPathAndItsLink() throws Exception {
    Path links = Files.createDirectory(directory.resolve("containers"));
    Path log = directory.resolve("pods/prod_web-0_12-34/nginx/3.log");
    Files.createDirectories(log.getParent());
    Files.createFile(log);
    Files.createSymbolicLink(links.resolve("web-0_prod_nginx-abcdef.log"), log);
    Map<String, String> context =
        LogContext.ofContainers(
                Map.of("node", "n1"), directory.resolve("pods"), links, HostRoot.SAME)
            .apply(log);
    assertThat(context)
        .isEqualTo(
            Map.of(
                "node", "n1",
                "file", log.toString(),
                "namespace", "prod",
                "pod", "web-0",
                "pod_uid", "12-34",
                "container", "nginx",
                "container_id", "abcdef",
                "restart_count", "3"));
  }
}
