package dev.purser.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Hostile trees: `secret` lies on the host, beside the layers and volumes of a container, and must
/// never come out.
@Timeout(120)
class ContainerFilesTest {
  private static final String SECRET = "root:$6$of-the-host";
  private static final int EXCHANGES = 20_000;

  @TempDir private Path temporary;
  private Path host;
  private Path upper;
  private Path image;
  private Path base;
  private final List<Container.Mount> mounts = new ArrayList<>();

  @BeforeEach
  void layers() throws Exception {
    host = temporary.toRealPath();
    upper = Files.createDirectories(host.resolve("upper"));
    image = Files.createDirectories(host.resolve("image"));
    base = Files.createDirectories(host.resolve("base"));
    write(host.resolve("secret"), SECRET);
    write(host.resolve("etc/shadow"), SECRET);
  }

  @Test
  void aFileThatTheContainerWroteIsFound() throws Exception {
    write(upper.resolve("var/log/app.log"), "own");
    assertThat(read("/var/log/app.log")).isEqualTo("own");
    assertThat(files().names(Path.of("/var/log"))).containsExactly("app.log");
    try (ContainerFiles.Found found = held(files(), Path.of("/var/log/app.log"))) {
      assertThat(found.host()).contains(upper.resolve("var/log/app.log"));
    }
  }

  /// Until it is copied up, it is no record of this container.
  @Test
  void aFileThatOnlyTheImageHasIsNone() throws Exception {
    write(image.resolve("var/log/dpkg.log"), "of the image");
    assertThatThrownBy(() -> read("/var/log/dpkg.log")).isInstanceOf(NoSuchFileException.class);
    write(upper.resolve("var/log/dpkg.log"), "of the image, and more");
    assertThat(read("/var/log/dpkg.log")).isEqualTo("of the image, and more");
  }

  @Test
  void directoriesAndLinksOfTheImageShineThrough() throws Exception {
    write(base.resolve("var/log/app/keep"), "");
    Files.createDirectories(image.resolve("var"));
    link(image.resolve("var/run"), "/run");
    link(base.resolve("logs"), "var/log/app");
    write(upper.resolve("run/app.log"), "through the link");
    write(upper.resolve("var/log/app/a.log"), "own");
    ContainerFiles files = files();
    assertThat(read("/var/run/app.log")).isEqualTo("through the link");
    assertThat(read("/logs/a.log")).isEqualTo("own");
    assertThat(files.names(Path.of("/"))).contains("logs", "run", "var");
    assertThat(files.names(Path.of("/var/log/app"))).containsExactly("a.log", "keep");
    assertThat(files.isDirectory(Path.of("/logs"), true)).isTrue();
    assertThat(files.isDirectory(Path.of("/logs"), false)).isFalse();
    assertThat(files.isDirectory(Path.of("/var/log/app/a.log"), true)).isFalse();
  }

  @Test
  @Tag("root")
  void whiteoutsAndOpaqueDirectoriesHideTheImage() throws Exception {
    write(base.resolve("var/log/app/sub/keep"), "");
    link(base.resolve("gone"), "/var/log");
    link(base.resolve("opaque/link"), "/var/log");
    write(upper.resolve("var/log/a.log"), "own");
    assertThat(read("/gone/a.log")).isEqualTo("own");
    assertThat(read("/opaque/link/a.log")).isEqualTo("own");

    inOverlay("rm gone && rm -r opaque && mkdir opaque && rm -r var/log/app");
    ContainerFiles files = files();
    assertThatThrownBy(() -> files.file(Path.of("/gone/a.log")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> files.file(Path.of("/opaque/link/a.log")))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(files.isDirectory(Path.of("/opaque"), false)).isTrue();
    assertThatThrownBy(() -> files.names(Path.of("/var/log/app/sub")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/shadow",
        "../etc/shadow",
        "../../../../../../../../etc/shadow",
        "/../../etc/shadow",
        "/proc/1/root/etc/shadow",
        "/proc/self/root/etc/shadow",
        "./../var/../../etc/./shadow",
      })
  void aLinkToTheHostsFileLeadsToNothing(String target) throws Exception {
    write(upper.resolve("var/log/app.log"), "own");
    link(upper.resolve("var/log/evil.log"), target);
    assertThatThrownBy(() -> files().file(Path.of("/var/log/evil.log")))
        .isInstanceOf(DeadLinkException.class)
        .hasMessageContaining(target)
        .hasMessageContaining("not followed");
  }

  @Test
  void aLinkToTheHostsFileByItsWholePathLeadsToNothing() throws Exception {
    Path below = host.resolve("volume");
    write(below.resolve("sub/app.log"), "own");
    mount("/data", below);
    for (Path target : List.of(host.resolve("secret"), Path.of("../../secret"))) {
      Files.deleteIfExists(below.resolve("sub/evil.log"));
      link(below.resolve("sub/evil.log"), target.toString());
      assertThatThrownBy(() -> files().file(Path.of("/data/sub/evil.log")))
          .isInstanceOf(DeadLinkException.class);
    }
    link(below.resolve("up"), host.toString());
    assertThatThrownBy(() -> files().file(Path.of("/data/up/secret")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> files().names(Path.of("/data/up")))
        .isInstanceOf(NoSuchFileException.class);
  }

  /// As the container would see it.
  @Test
  void aLinkStaysInTheContainersRoot() throws Exception {
    write(upper.resolve("etc/shadow"), "of the container");
    link(upper.resolve("var/log/evil.log"), "/etc/shadow");
    link(upper.resolve("var/log/climbing.log"), "../../../../../../etc/shadow");
    link(upper.resolve("all"), "/");
    assertThat(read("/var/log/evil.log")).isEqualTo("of the container");
    assertThat(read("/var/log/climbing.log")).isEqualTo("of the container");
    assertThat(read("/all/all/all/etc/shadow")).isEqualTo("of the container");
  }

  @Test
  void linksInCirclesEnd() throws Exception {
    Files.createDirectories(upper.resolve("var"));
    link(upper.resolve("var/a"), "b");
    link(upper.resolve("var/b"), "/var/a");
    link(upper.resolve("var/self"), "self/self/self/self");
    for (String path : List.of("/var/a/x.log", "/var/self/x.log")) {
      assertThatThrownBy(() -> files().file(Path.of(path)))
          .isInstanceOf(FileSystemLoopException.class);
    }
    assertThat(files().isDirectory(Path.of("/var/a"), true)).isFalse();
  }

  @Test
  void volumesLieOverTheLayersAndOverEachOther() throws Exception {
    write(upper.resolve("data/app.log"), "hidden by the volume");
    write(host.resolve("outer/app.log"), "outer");
    write(host.resolve("outer/in/app.log"), "hidden by the inner volume");
    write(host.resolve("inner/app.log"), "inner");
    write(host.resolve("one"), "a file as a volume");
    mount("/data/in", host.resolve("inner"));
    mount("/data", host.resolve("outer"));
    mount("/deep/down/one.log", host.resolve("one"));
    link(upper.resolve("short"), "/data/in");
    ContainerFiles files = files();
    assertThat(read("/data/app.log")).isEqualTo("outer");
    assertThat(read("/data/in/app.log")).isEqualTo("inner");
    assertThat(read("/short/app.log")).isEqualTo("inner");
    assertThat(read("/data/in/../app.log")).isEqualTo("outer");
    assertThat(read("/deep/down/one.log")).isEqualTo("a file as a volume");
    assertThat(files.names(Path.of("/"))).contains("data", "deep", "short");
    assertThat(files.names(Path.of("/deep"))).containsExactly("down");
    assertThat(files.isDirectory(Path.of("/deep/down"), false)).isTrue();
  }

  /// A runtime mounts where the links of the image lead.
  @Test
  void aVolumeBehindALinkOfTheImageIsFoundUnderBothNames() throws Exception {
    Files.createDirectories(base.resolve("run"));
    Files.createDirectories(base.resolve("var"));
    link(base.resolve("var/run"), "../run");
    write(host.resolve("volume/app.log"), "in the volume");
    mount("/var/run/app", host.resolve("volume"));
    assertThat(read("/var/run/app/app.log")).isEqualTo("in the volume");
    assertThat(read("/run/app/app.log")).isEqualTo("in the volume");
  }

  @Test
  void aVolumeThatIsGoneIsNoFault() throws Exception {
    mount("/data", host.resolve("removed"));
    assertThatThrownBy(() -> files().names(Path.of("/data")))
        .isInstanceOf(NoSuchFileException.class);
  }

  /// As the kubelet's directory, which the agent need not see.
  @Test
  void aVolumeOfARunningContainerThatIsNotSeenIsTold() throws Exception {
    write(upper.resolve("var/log/app.log"), "own");
    mount("/data", host.resolve("hidden"));
    ContainerFiles files =
        new ContainerFiles(container("abc", 1, List.of(upper, image)), HostRoot.SAME);
    assertThatThrownBy(() -> files.names(Path.of("/data")))
        .hasMessageContaining("the volume at /data lies at " + host.resolve("hidden"))
        .hasMessageContaining("not seen here");
    assertThat(files.names(Path.of("/var/log"))).containsExactly("app.log");
  }

  /// An agent in a container, which has `secret` itself, at the path where a link leads.
  @Test
  void layersAndVolumesLieBelowTheHostsRootAndNoLinkLeadsOutOfIt() throws Exception {
    write(upper.resolve("app.log"), "own");
    write(host.resolve("moved/volume/app.log"), "in the volume");
    link(host.resolve("lib"), "/moved");
    link(host.resolve("out"), host.toString());
    link(host.resolve("climbing"), "../../../../../../../../.." + host);
    mount("/data", Path.of("/lib/volume"));
    mount("/out", Path.of("/out"));
    mount("/climbing", Path.of("/climbing"));
    ContainerFiles files =
        new ContainerFiles(
            container("abc", 0, List.of(Path.of("/upper"), Path.of("/image"))), new HostRoot(host));
    try (ContainerFiles.Found own = held(files, Path.of("/app.log"));
        ContainerFiles.Found inVolume = held(files, Path.of("/data/app.log"))) {
      assertThat(content(own)).isEqualTo("own");
      assertThat(own.host()).contains(Path.of("/upper/app.log"));
      assertThat(content(inVolume)).isEqualTo("in the volume");
    }
    for (String path : List.of("/out/secret", "/climbing/secret")) {
      assertThatThrownBy(() -> files.file(Path.of(path))).isInstanceOf(NoSuchFileException.class);
    }
  }

  @Test
  @Tag("root")
  void whatIsNoRegularFileIsNeverOpened() throws Exception {
    Files.createDirectories(upper.resolve("var"));
    run("mkfifo", upper.resolve("var/fifo.log").toString());
    mknod(upper.resolve("var/zero.log"), "c", "1", "5");
    mknod(upper.resolve("var/disk.log"), "b", "7", "0");
    Files.createDirectory(upper.resolve("var/directory.log"));
    link(upper.resolve("var/link.log"), "zero.log");
    for (String name : List.of("fifo.log", "zero.log", "disk.log")) {
      assertThatThrownBy(() -> read("/var/" + name)).as(name).hasMessageContaining("not opened");
    }
    assertThat(read("/var/directory.log")).isNull();
    assertThatThrownBy(() -> read("/var/link.log")).isInstanceOf(DeadLinkException.class);
  }

  @Test
  void treesWithoutEndAreCutOff() throws Exception {
    Path deep = upper;
    for (int i = 0; i < 70; i++) {
      deep = deep.resolve("d");
    }
    write(deep.resolve("app.log"), "too deep");
    Path inside = Path.of("/").resolve(upper.relativize(deep));
    assertThat(files().isDirectory(inside, false)).isFalse();
    assertThatThrownBy(() -> files().file(inside.resolve("app.log")))
        .isInstanceOf(NoSuchFileException.class);
  }

  /// Each name costs hundreds of steps: no look takes them all.
  @Test
  void whatIsDoneInOneLookIsLimited() throws Exception {
    write(upper.resolve("app.log"), "own");
    Files.createDirectories(upper.resolve("d"));
    link(upper.resolve("slow.log"), "d/../".repeat(100) + "app.log");
    ContainerFiles files = files();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 10_000; i++) {
                held(files, Path.of("/slow.log")).close();
              }
            })
        .hasMessageContaining("steps in this container in one look");
    files.begin();
    held(files, Path.of("/slow.log")).close();
  }

  @Test
  void aFileOnTheWayIsNoDirectory() throws Exception {
    write(upper.resolve("var"), "a file");
    assertThatThrownBy(() -> files().file(Path.of("/var/log/app.log")))
        .isInstanceOf(NotDirectoryException.class);
    assertThatThrownBy(() -> files().names(Path.of("/var")))
        .isInstanceOf(NotDirectoryException.class);
  }

  /// Between any two system calls, a directory becomes a link to the host's, and a file too.
  @Test
  void whatIsExchangedMeanwhileNeverLeadsOut() throws Exception {
    Path volume = host.resolve("volume");
    for (Path root : List.of(upper.resolve("data"), volume)) {
      write(root.resolve("logs/app.log"), "own");
      write(root.resolve("spare/own.log"), "own");
      Files.createDirectories(root.resolve("spare"));
      link(root.resolve("spare/directory"), host.resolve("outside").toString());
      link(root.resolve("spare/file"), host.resolve("outside/app.log").toString());
    }
    write(host.resolve("outside/app.log"), SECRET);
    mount("/volume", volume);
    AtomicBoolean stop = new AtomicBoolean();
    Thread adversary =
        Thread.ofPlatform()
            .start(() -> {
              while (!stop.get()) {
                exchange(upper.resolve("data"));
                exchange(volume);
              }
            });
    int own = 0;
    int refused = 0;
    try {
      ContainerFiles files = files();
      for (int i = 0; i < EXCHANGES; i++) {
        files.begin();
        for (String path : List.of("/data/logs/app.log", "/volume/logs/app.log")) {
          try (ContainerFiles.Found found = files.file(Path.of(path))) {
            if (found == null) {
              continue;
            }
            assertThat(content(found)).isEqualTo("own");
            own++;
          } catch (NoSuchFileException
              | NotDirectoryException
              | FileSystemLoopException
              | DeadLinkException e) {
            refused++;
          }
        }
      }
    } finally {
      stop.set(true);
      adversary.join();
    }
    assertThat(own).isPositive();
    assertThat(refused).isPositive();
  }

  /// A file that was found stays the one that was looked at.
  @Test
  void whatWasFoundIsHeld() throws Exception {
    write(upper.resolve("app.log"), "own");
    try (ContainerFiles.Found found = held(files(), Path.of("/app.log"))) {
      Files.delete(upper.resolve("app.log"));
      link(upper.resolve("app.log"), host.resolve("secret").toString());
      assertThat(content(found)).isEqualTo("own");
    }
  }

  /// Another process of that number is not the container.
  @Test
  void aRootThatIsNoOverlayIsTheOneOfTheContainersProcessOnly() throws Exception {
    long self = ProcessHandle.current().pid();
    String group = Files.readString(Path.of("/proc/self/cgroup"));
    write(host.resolve("tree/app.log"), "as its process sees it");
    Path inside = host.resolve("tree/app.log");

    Container other = container("no-such-container-in-a-cgroup", self, List.of());
    assertThatThrownBy(() -> new ContainerFiles(other, HostRoot.SAME).file(inside))
        .isInstanceOf(NoSuchFileException.class);

    Container same = container(group.lines().findFirst().orElseThrow(), self, List.of());
    try (ContainerFiles.Found found = held(new ContainerFiles(same, HostRoot.SAME), inside)) {
      assertThat(content(found)).isEqualTo("as its process sees it");
      assertThat(found.host()).isEmpty();
    }
  }

  @Test
  void aProcessThatIsNotSeenIsTold() throws Exception {
    write(host.resolve("volume/app.log"), "in the volume");
    mount("/data", Path.of("/volume"));
    ContainerFiles files = new ContainerFiles(container("abc", 1, List.of()), new HostRoot(host));
    assertThatThrownBy(() -> files.file(Path.of("/app.log")))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(files.problem()).contains("only its process").contains("/proc is not seen here");
    try (ContainerFiles.Found found = held(files, Path.of("/data/app.log"))) {
      assertThat(content(found)).isEqualTo("in the volume");
    }
  }

  @Test
  void manyNamesAreRefused() throws Exception {
    Path crowded = Files.createDirectories(upper.resolve("crowded"));
    for (int i = 0; i <= 100_000; i++) {
      Files.createFile(crowded.resolve(Integer.toString(i)));
    }
    assertThatThrownBy(() -> files().names(Path.of("/crowded")))
        .hasMessageContaining("more than 100000 names");
  }

  @Test
  void anOverlaysDirectoriesAreReadAsTheKernelTakesThem() {
    assertThat(Container.Root.directories("/a/1:/b"))
        .containsExactly(Path.of("/a/1"), Path.of("/b"));
    assertThat(Container.Root.directories("")).isEmpty();
    assertThat(Container.Root.of(Optional.empty(), List.of(Path.of("/b"))))
        .isEqualTo(Container.Root.UNKNOWN);
  }

  private static void exchange(Path root) {
    try {
      swap(root.resolve("logs"), root.resolve("spare/directory"), root.resolve("spare/tmp"));
      swap(root.resolve("logs"), root.resolve("spare/directory"), root.resolve("spare/tmp"));
      swap(root.resolve("logs/app.log"), root.resolve("spare/file"), root.resolve("spare/tmp"));
      swap(root.resolve("logs/app.log"), root.resolve("spare/file"), root.resolve("spare/tmp"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void swap(Path a, Path b, Path between) throws IOException {
    Files.move(a, between, StandardCopyOption.ATOMIC_MOVE);
    Files.move(b, a, StandardCopyOption.ATOMIC_MOVE);
    Files.move(between, b, StandardCopyOption.ATOMIC_MOVE);
  }

  private static ContainerFiles.Found held(ContainerFiles files, Path path) throws IOException {
    return Objects.requireNonNull(files.file(path));
  }

  private @Nullable String read(String path) throws IOException {
    try (ContainerFiles.Found found = files().file(Path.of(path))) {
      return found == null ? null : content(found);
    }
  }

  private static String content(ContainerFiles.Found found) throws IOException {
    try (FileChannel channel = found.open()) {
      ByteBuffer bytes = ByteBuffer.allocate(1024);
      channel.read(bytes, 0);
      return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    }
  }

  private ContainerFiles files() {
    return new ContainerFiles(container("abc", 0, List.of(upper, image, base)), HostRoot.SAME);
  }

  private Container container(String id, long pid, List<Path> layers) {
    return new Container(
        "containerd",
        id,
        "app",
        Optional.empty(),
        "image",
        "",
        0,
        Map.of(),
        List.of(),
        Optional.empty(),
        "",
        pid,
        new Container.Root(layers),
        mounts);
  }

  private void mount(String inside, Path directory) {
    mounts.add(new Container.Mount(Path.of(inside), directory));
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static void link(Path link, String target) throws IOException {
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, Path.of(target));
  }

  /// Lets the kernel do it, as it does for a container.
  private void inOverlay(String commands) throws Exception {
    Path work = Files.createDirectories(host.resolve("work"));
    Path merged = Files.createDirectories(host.resolve("merged"));
    String mount =
        "mount -t overlay overlay -o lowerdir=%s:%s,upperdir=%s,workdir=%s %s && cd %s && "
            .formatted(image, base, upper, work, merged, merged);
    run("unshare", "--mount", "sh", "-c", mount + commands);
  }

  private static void mknod(Path path, String type, String major, String minor) throws Exception {
    run("mknod", path.toString(), type, major, minor);
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
  }
}
