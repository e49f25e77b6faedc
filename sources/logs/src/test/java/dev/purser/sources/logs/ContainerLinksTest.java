package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.config.Section;
import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// A pod that has /var/log of the host as a writable volume makes links there.
@ParameterizedClass
@ValueSource(booleans = {false, true})
class ContainerLinksTest {
  private static final String POD = "/var/log/pods/shop_web-1_1/app";
  private static final String DOCKER = "/var/lib/docker/containers";
  private static final String SECRET = "root:$6$secret\n";

  /// Whether the host's root is mounted somewhere, so that links are to be followed by hand.
  @Parameter private boolean isMounted;

  @TempDir private Path temporary;
  private final RecordingOutbox outbox = new RecordingOutbox();
  private Path root;
  private HostRoot host;

  @BeforeEach
  void plant() throws IOException {
    root = temporary.toRealPath();
    host = isMounted ? new HostRoot(root) : HostRoot.SAME;
    write("/etc/shadow", SECRET);
  }

  @Test
  void aLinkOfTheKubeletToDockersFileIsFollowed() throws Exception {
    write(DOCKER + "/abc/abc-json.log", line("one"));
    link(POD + "/0.log", DOCKER + "/abc/abc-json.log");

    assertThat(problems()).isEmpty();
    assertThat(outbox.texts()).containsExactly(line("one"));
  }

  @Test
  void dockersDirectoryMayLieBehindALink() throws Exception {
    write("/data/docker/containers/abc/abc-json.log", line("one"));
    link("/var/lib/docker", "/data/docker");
    link(POD + "/0.log", "/data/docker/containers/abc/abc-json.log");

    assertThat(problems()).isEmpty();
    assertThat(outbox.texts()).containsExactly(line("one"));
  }

  @Test
  void thePodsDirectoryMayBeALink() throws Exception {
    write("/data/pods/shop_web-1_1/app/0.log", line("one"));
    link("/var/log/pods", "/data/pods");

    assertThat(problems()).isEmpty();
    assertThat(outbox.texts()).containsExactly(line("one"));
  }

  @Test
  void aLinkToElsewhereIsToldOnceAndNotRead() throws Exception {
    write(POD + "/0.log", line("one"));
    link(POD + "/1.log", "/etc/shadow");

    assertThat(problems())
        .singleElement()
        .satisfies(problem ->
            assertThat(problem)
                .startsWith(shown(POD + "/1.log") + ": not read: a link leads to ")
                .contains("\"" + shown("/etc/shadow") + "\"")
                .contains("paths nor docker"));
    assertThat(outbox.texts()).containsExactly(line("one"));
  }

  /// Docker's notes hold environments, and another pod's output is not this one's.
  @Test
  void aLinkToWhatIsNoOutputOfDockersIsNotRead() throws Exception {
    write(DOCKER + "/abc/config.v2.json", SECRET);
    write("/var/log/pods/shop_db-0_2/db/0.log", line("one"));
    link(POD + "/0.log", DOCKER + "/abc/config.v2.json");
    link(POD + "/1.log", "/var/log/pods/shop_db-0_2/db/0.log");

    assertThat(problems())
        .hasSize(2)
        .allMatch(each -> each.startsWith(shown(POD)))
        .allMatch(each -> each.contains("to no output of Docker's"));
    assertThat(outbox.texts()).containsExactly(line("one"));
    assertThat(outbox.stream(outbox.fileStreams().getFirst()).context())
        .containsEntry(LogContext.POD, "db-0");
  }

  @Test
  void aLinkOverOneThatIsFollowedIsNotRead() throws Exception {
    link(DOCKER + "/abc/abc-json.log", "/etc/shadow");
    link(POD + "/0.log", DOCKER + "/abc/abc-json.log");
    link(POD + "/1.log", "../../../../../etc/shadow");

    assertThat(problems()).hasSize(3).allMatch(each -> each.contains("/etc/shadow\""));
    assertThat(outbox.texts()).isEmpty();
  }

  @Test
  void aDirectoryThatIsALinkToElsewhereIsToldOnceAndNotLookedInto() throws Exception {
    for (int i = 0; i < 20; i++) {
      write("/srv/secrets/" + i + ".log", SECRET);
    }
    link(POD, "/srv/secrets");
    link("/var/log/pods/shop_db-0_2", "/srv");

    assertThat(problems())
        .satisfiesExactlyInAnyOrder(
            each -> assertThat(each).startsWith(shown(POD) + ": not looked into: a link leads"),
            each -> assertThat(each).startsWith(shown("/var/log/pods/shop_db-0_2") + ": not"));
    assertThat(outbox.texts()).isEmpty();
  }

  @Test
  void aCompressedFileElsewhereIsNotReadEither() throws Exception {
    Path packed = write("/srv/backup.gz", "");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write(SECRET.getBytes(StandardCharsets.UTF_8));
    }
    link(POD + "/0.log.20261123-050000.gz", "/srv/backup.gz");

    assertThat(problems()).singleElement().asString().contains("/srv/backup.gz\"");
    assertThat(outbox.texts()).isEmpty();
  }

  /// The directory itself is replaced by a link, below which all is.
  @Test
  void aLinkToADirectoryAboveOpensNothing() throws Exception {
    link("/var/log/pods", "/var");
    link("/var/log/mine/x.log", "/etc/shadow");
    write("/var/log/mine/y.log", SECRET);

    assertThat(problems()).singleElement().asString().contains("/var/log/pods: not looked into");
    assertThat(outbox.texts()).isEmpty();
  }

  /// Docker may have its data elsewhere, which its API tells.
  @Test
  void aLinkToWhatARuntimeCallsAnOutputIsFollowed() throws Exception {
    write("/data/docker/abc/abc-json.log", line("one"));
    write("/data/docker/abc/other", SECRET);
    link(POD + "/0.log", "/data/docker/abc/abc-json.log");
    link(POD + "/1.log", "/data/docker/abc/other");
    HostTree tree = tree(Path.of(shown("/data/docker/abc/abc-json.log"))::equals);
    Path output = Path.of(shown(POD + "/0.log"));
    try (FileChannel channel = tree.open(output, tree.stat(output).id())) {
      assertThat(channel).isNotNull();
    }
    assertThatThrownBy(() -> tree.stat(Path.of(shown(POD + "/1.log"))))
        .isInstanceOf(LeadsOutsideException.class);
  }

  @Test
  void whatIsExchangedBehindTheLookIsNotOpened() throws Exception {
    write(DOCKER + "/abc/abc-json.log", line("one"));
    Path good = write(POD + "/0.log", line("one"));
    HostTree tree = tree(_ -> false);
    Path path = Path.of(shown(POD + "/0.log"));
    FileId found = tree.stat(path).id();
    Path kept = good.resolveSibling("kept");
    Files.createLink(kept, good);
    Thread exchange =
        Thread.ofPlatform()
            .name("exchange")
            .start(() -> {
              try {
                Path next = good.resolveSibling("next");
                for (boolean evil = true; !Thread.interrupted(); evil = !evil) {
                  if (evil) {
                    Files.createSymbolicLink(next, Path.of(shown("/etc/shadow")));
                  } else {
                    Files.createLink(next, kept);
                  }
                  Files.move(next, good, StandardCopyOption.ATOMIC_MOVE);
                }
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    int opened = 0;
    try {
      for (int i = 0; i < 5000; i++) {
        try (FileChannel channel = tree.open(path, found)) {
          if (channel != null) {
            opened++;
            ByteBuffer head = Slab.readHead(channel, ByteBuffer.allocate(1024));
            assertThat(StandardCharsets.UTF_8.decode(head).toString()).isEqualTo(line("one"));
          }
        } catch (IOException e) {
          // It was another one just then.
        }
      }
    } finally {
      exchange.interrupt();
      exchange.join();
    }
    assertThat(opened).isPositive();
  }

  /// @param isOutput of a container, by a runtime's word
  private HostTree tree(Predicate<Path> isOutput) {
    List<Path> directories = List.of(Path.of(shown("/var/log/pods")), Path.of(shown(DOCKER)));
    return new HostTree(host, List.of(), new Confines(host, directories, List.of(), isOutput));
  }

  /// What a source tells that has read all it finds.
  private List<String> problems() throws Exception {
    Section section =
        Section.parse(
            "c",
            "{ sockets: [], paths: \"%s\", docker: \"%s\" }"
                .formatted(shown("/var/log/pods"), shown(DOCKER)));
    ContainersConfig config = ContainersConfig.read(section);
    section.throwFaults("c");
    try (ReaderPool readers = new ReaderPool(1);
        ContainerSource source =
            new ContainerSource(
                config,
                new AgentHome(Path.of(shown("/data/purser")), true),
                LogContext.ofContainers(
                    Map.of(), config.directory(), Path.of("/var/log/containers"), host),
                new Claims(host),
                readers,
                InstantSource.system())) {
      source.start(outbox);
      assertThat(source.drain()).isEqualTo(source.problems());
      return source.problems();
    }
  }

  private static String line(String text) {
    return DockerLogs.TIME + " stdout F " + text + "\n";
  }

  /// What the host calls it.
  private String shown(String path) {
    return isMounted ? path : root + path;
  }

  private Path write(String path, String text) throws IOException {
    return Files.writeString(parent(path), text);
  }

  private void link(String path, String target) throws IOException {
    Files.createSymbolicLink(
        parent(path), Path.of(target.startsWith("/") ? shown(target) : target));
  }

  private Path parent(String path) throws IOException {
    Path file = root.resolve(path.substring(1));
    Files.createDirectories(file.getParent());
    return file;
  }
}
