package dev.purser.core.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostRootTest {
  @TempDir private Path temporary;
  private Path mounted;
  private HostRoot host;

  @BeforeEach
  void mount() throws Exception {
    mounted = Files.createDirectory(temporary.toRealPath().resolve("host"));
    host = new HostRoot(mounted);
    write("/var/lib/docker/abc/abc-json.log");
    Files.createDirectories(mounted.resolve("var/log/pods/p/c"));
    Files.createDirectories(mounted.resolve("var/log/containers"));
  }

  @Test
  void absoluteLinksStayOnTheHost() throws Exception {
    link("/var/log/pods/p/c/0.log", "/var/lib/docker/abc/abc-json.log");
    link("/var/log/containers/x.log", "/var/log/pods/p/c/0.log");
    assertThat(host.at(Path.of("/var/log/containers/x.log")))
        .isEqualTo(mounted.resolve("var/lib/docker/abc/abc-json.log"));
    assertThat(host.real(Path.of("/var/log/containers/x.log")))
        .isEqualTo(Path.of("/var/lib/docker/abc/abc-json.log"));
    try (FileChannel file = host.open(Path.of("/var/log/containers/x.log"))) {
      assertThat(file.size()).isPositive();
    }
  }

  @Test
  void relativeLinksAreFollowedFromWhereTheyAre() throws Exception {
    link("/var/log/pods/p/c/0.log", "../../../../lib/./docker/abc/abc-json.log");
    assertThat(host.at(Path.of("/var/log/pods/p/c/0.log")))
        .isEqualTo(mounted.resolve("var/lib/docker/abc/abc-json.log"));
    link("/srv", "var/lib");
    assertThat(host.at(Path.of("/srv/docker/../docker")))
        .isEqualTo(mounted.resolve("var/lib/docker"));
  }

  /// `/..` is `/`, also of the host.
  @Test
  void nothingLeadsOut() throws Exception {
    Files.writeString(temporary.resolve("secret"), "of the container");
    link("/up", "../../../../../..");
    link("/over", "/../../secret");
    assertThat(host.at(Path.of("/up"))).isEqualTo(mounted);
    assertThat(host.at(Path.of("/up/var"))).isEqualTo(mounted.resolve("var"));
    assertThat(host.at(Path.of("/../var"))).isEqualTo(mounted.resolve("var"));
    assertThat(host.at(Path.of("/over"))).isEqualTo(mounted.resolve("secret"));
    assertThatThrownBy(() -> host.open(Path.of("/over"))).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void linksInCirclesAreAnError() throws Exception {
    link("/a", "/b");
    link("/b", "a");
    assertThatThrownBy(() -> host.at(Path.of("/a/c")))
        .isInstanceOf(FileSystemLoopException.class)
        .hasMessageContaining("/a/c");
  }

  @Test
  void whatDoesNotExistIsTakenAsItIsCalled() throws Exception {
    assertThat(host.at(Path.of("/no/such/file"))).isEqualTo(mounted.resolve("no/such/file"));
    assertThat(HostRoot.SAME.real(Path.of("/no/such/file"))).isEqualTo(Path.of("/no/such/file"));
  }

  @Test
  void pathsAreShownAsTheHostHasThem() {
    assertThat(host.shown(mounted.resolve("var/log/syslog"))).isEqualTo(Path.of("/var/log/syslog"));
    assertThat(host.shown(mounted)).isEqualTo(Path.of("/"));
    assertThat(host.shown(Path.of("/elsewhere"))).isEqualTo(Path.of("/elsewhere"));
  }

  @Test
  void outsideOfContainersPathsAreWhatTheyAre() throws Exception {
    Path link = Files.createSymbolicLink(temporary.resolve("link"), mounted);
    assertThat(HostRoot.SAME.at(link)).isEqualTo(link);
    assertThat(HostRoot.SAME.real(link)).isEqualTo(mounted);
    assertThat(HostRoot.SAME.shown(link)).isEqualTo(link);
    assertThatThrownBy(() -> new HostRoot(Path.of("host")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void link(String from, String target) throws IOException {
    Files.createSymbolicLink(mounted.resolve(from.substring(1)), Path.of(target));
  }

  private void write(String path) throws IOException {
    Path file = mounted.resolve(path.substring(1));
    Files.createDirectories(file.getParent());
    Files.writeString(file, "line\n");
  }
}
