package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.containers.Container;
import dev.purser.containers.Pod;
import dev.purser.core.config.Section;
import dev.purser.core.disk.HostRoot;
import dev.purser.core.record.Stream;
import dev.purser.core.source.Volume;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Files inside containers, followed as files of the host are. The containers' layers and volumes
/// are directories here.
@Timeout(60)
class InsideFilesTest {
  private static final String LOGS = "{ files: [ { paths: [\"/logs/**/*.log\"] } ] }";

  @TempDir private Path temporary;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();
  private final Map<String, Container> containers = new LinkedHashMap<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private Path host;
  private Claims claims = new Claims();
  private boolean known = true;
  private @Nullable ContainerTree tree;
  private long nanos;

  /// The time that each walk for a pattern takes.
  private long readingNanos;

  @BeforeEach
  void findHost() throws Exception {
    host = temporary.toRealPath();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  @Test
  void aFileIsReadWithTheContextOfItsContainer() throws Exception {
    start("web", 7);
    SteppedSource source = source(LOGS).run();
    append(upper("web").resolve("logs/deep/er/app.log"), "one\ntwo\n");
    source.run();
    append(upper("web").resolve("logs/deep/er/app.log"), "three\n");
    source.run();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
    Stream stream = outbox.stream(outbox.fileStreams().getFirst());
    assertThat(stream.kind()).isEqualTo("line");
    assertThat(stream.context())
        .containsEntry("node", "n1")
        .containsEntry("file", "/logs/deep/er/app.log")
        .containsEntry("namespace", "shop")
        .containsEntry("pod", "web-0")
        .containsEntry("pod_uid", "uid-web")
        .containsEntry("container", "web")
        .containsEntry("container_id", id("web"))
        .containsEntry("label/app", "web");
    assertThat(source.source().problems()).isEmpty();
  }

  /// As its output does, which another source reads.
  @Test
  void whatIsReadInAContainerCountsForIt() throws Exception {
    start("web", 7);
    append(upper("web").resolve("logs/a.log"), "one\n");
    append(upper("web").resolve("logs/b.log"), "two\n");
    append(upper("web").resolve("other/c.log"), "three\n");
    SteppedSource first = source(LOGS);
    SteppedSource second = source("{ files: [ { paths: [\"/other/*\"] } ] }");
    first.run();
    second.run();
    Map<String, String> web =
        Map.of("namespace", "shop", "pod", "web-0", "pod_uid", "uid-web", "container", "web");
    assertThat(Volume.of(List.of(first.source(), second.source())))
        .containsOnlyKeys(web)
        .hasEntrySatisfying(web, volume -> assertThat(volume.readBytes()).isEqualTo(14));
  }

  @Test
  void rotationAndTruncationAreThoseOfAnyFile() throws Exception {
    start("web", 7);
    Path log = upper("web").resolve("logs/app.log");
    append(log, "one\n");
    SteppedSource source = source(LOGS).run();
    append(log, "two\n");
    Files.move(log, log.resolveSibling("app.log.1"));
    append(log, "three\n");
    source.run();
    Files.copy(log, log.resolveSibling("app.log.2"));
    Files.writeString(log, "4\n");
    source.run();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n", "4\n");
    assertThat(outbox.gaps()).isEmpty();
    assertThat(outbox.fileStreams())
        .allSatisfy(
            id -> assertThat(outbox.stream(id).context()).containsEntry("file", "/logs/app.log"));
  }

  /// While it is open, its volume cannot be unmounted.
  @Test
  void whenTheContainerHasEndedItsFilesAreReadToTheirEndsAndClosed() throws Exception {
    start("web", 7);
    Path log = upper("web").resolve("logs/app.log");
    append(log, "one\n");
    SteppedSource source = source(LOGS).run();
    append(log, "two\nwithout an end");
    start("web", 0);
    source.run();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "without an end");
    assertThat(outbox.isFinished(outbox.fileStreams().getFirst())).isTrue();
    assertThat(openFiles(log)).isZero();

    restart(source);
    source = source(LOGS).run();
    assertThat(outbox.texts()).hasSize(3);
    containers.clear();
    gone(source);
    assertThat(outbox.state(outbox.fileStreams().getFirst()).ended()).isTrue();
    assertThat(outbox.fileStreams()).hasSize(1);
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void aFileIsReadToItsEndWhenItsContainerIsRemoved() throws Exception {
    start("web", 7);
    Path log = upper("web").resolve("logs/app.log");
    append(log, "one\n");
    SteppedSource source = source(LOGS);
    source.look();
    append(log, "two\n");
    Files.delete(log);
    containers.clear();
    source.run();
    gone(source);
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.state(outbox.fileStreams().getFirst()).ended()).isTrue();
    assertThat(outbox.stream(outbox.fileStreams().getFirst()).context())
        .containsEntry("pod", "web-0");
    assertThat(openFiles(log)).isZero();
  }

  @Test
  void aVolumeOfTwoContainersIsReadOnce() throws Exception {
    Path volume = host.resolve("volume");
    append(volume.resolve("app.log"), "one\n");
    start("first", 7, new Container.Mount(Path.of("/logs/a"), volume));
    SteppedSource source = source(LOGS).run();
    start("another", 8, new Container.Mount(Path.of("/logs/b"), volume));
    append(volume.resolve("app.log"), "two\n");
    source.run();
    start("first", 0, new Container.Mount(Path.of("/logs/a"), volume));
    append(volume.resolve("app.log"), "three\n");
    source.run();
    containers.remove("first");
    append(volume.resolve("app.log"), "four\n");
    gone(source);
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n", "four\n");
    assertThat(outbox.fileStreams())
        .singleElement()
        .satisfies(id ->
            assertThat(outbox.stream(id).context())
                .containsEntry("container", "first")
                .containsEntry("file", "/logs/a/app.log"));
  }

  /// As of a CronJob's pods with one volume.
  @Test
  void aVolumeThatComesBackInAnotherContainerIsReadOn() throws Exception {
    SteppedSource source = followedInFirst();
    containers.clear();
    gone(source);
    assertThat(openFiles(volume())).isZero();
    append(volume().resolve("app.log"), "two\n");
    startSecond();
    source.run();
    append(volume().resolve("app.log"), "three\n");
    source.run();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
    assertThat(outbox.stream(outbox.fileStreams().getLast()).context())
        .containsEntry("container", "second");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void soItIsBehindARestart() throws Exception {
    SteppedSource source = followedInFirst();
    restart(source);
    append(volume().resolve("app.log"), "two\n");
    source = source(LOGS).run();
    containers.clear();
    gone(source);
    append(volume().resolve("app.log"), "three\n");
    startSecond();
    source.run();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  /// It was taken for lost by then.
  @Test
  void aVolumeThatComesLongAfterARestartIsReadOn() throws Exception {
    SteppedSource source = followedInFirst();
    restart(source);
    containers.clear();
    source = source(LOGS);
    gone(source);
    append(volume().resolve("app.log"), "two\n");
    startSecond();
    source.run();
    append(volume().resolve("app.log"), "three\n");
    source.run();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n", "three\n");
    assertThat(outbox.gaps()).hasSize(1);
  }

  /// It was taken for lost, but the hub had yet to hear of that.
  @Test
  void aVolumeThatComesBeforeTheHubHasHeardOfItsLossIsReadOn() throws Exception {
    SteppedSource source = followedInFirst();
    restart(source);
    containers.clear();
    source = source(LOGS);
    outbox.holdBack();
    gone(source);
    append(volume().resolve("app.log"), "two\n");
    startSecond();
    source.run();
    outbox.flush();
    source.run();
    outbox.flush();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps()).hasSize(1);
  }

  @Test
  void aVolumeThatComesBackBeforeTheHubHasItsEndIsReadOn() throws Exception {
    SteppedSource source = followedInFirst();
    containers.clear();
    outbox.holdBack();
    gone(source);
    append(volume().resolve("app.log"), "two\n");
    startSecond();
    source.run();
    outbox.flush();
    source.run();
    outbox.flush();
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  /// A file in a volume of the container "first".
  private SteppedSource followedInFirst() throws Exception {
    append(volume().resolve("app.log"), "one\n");
    start("first", 7, new Container.Mount(Path.of("/logs"), volume()));
    return source(LOGS).run();
  }

  private void startSecond() throws Exception {
    start("second", 8, new Container.Mount(Path.of("/logs"), volume()));
  }

  private Path volume() {
    return host.resolve("volume");
  }

  @Test
  void whatASourceOfHostFilesMatchesIsItsOwn() throws Exception {
    Path volume = host.resolve("volume");
    append(volume.resolve("app.log"), "one\n");
    append(volume.resolve("app.txt"), "two\n");
    start("web", 7, new Container.Mount(Path.of("/logs"), volume));
    FileSourceConfig files = SteppedSource.config(From.BEGINNING, 1 << 16, volume.resolve("*.log"));
    SteppedSource ofHost =
        opened(
            new SteppedSource(
                files, LineDecoder.KIND, new LineSplitter(), claims, outbox, clock, new Slab()));
    SteppedSource inside = source("{ files: [ { paths: [\"/logs/*\"] } ] }");
    inside.run();
    ofHost.run();
    assertThat(outbox.texts()).containsExactlyInAnyOrder("one\n", "two\n");
    assertThat(outbox.stream(outbox.fileStreams().getLast()).context())
        .containsEntry("file", volume.resolve("app.log").toString())
        .doesNotContainKey("container");
  }

  @Test
  void aFileThatBothReachByPathsThatTellNothingIsReadOnce() throws Exception {
    Path volume = host.resolve("volume");
    append(volume.resolve("app.log"), "one\n");
    Path alias = Files.createDirectories(host.resolve("elsewhere")).resolve("app.log");
    Files.createLink(alias, volume.resolve("app.log"));
    start("web", 7, new Container.Mount(Path.of("/logs"), volume));
    FileSourceConfig files = SteppedSource.config(From.BEGINNING, 1 << 16, alias);
    SteppedSource ofHost =
        opened(
            new SteppedSource(
                files, LineDecoder.KIND, new LineSplitter(), claims, outbox, clock, new Slab()));
    SteppedSource inside = source(LOGS);
    ofHost.run();
    inside.run();
    assertThat(outbox.texts()).containsExactly("one\n");
  }

  @Test
  void aPodAsksForItsFilesByAnnotation() throws Exception {
    start("web", 7);
    annotate("web", Map.of(InsideAnnotation.NAME, " /var/a.log, /logs/*.txt ,relative,/[x].log"));
    append(upper("web").resolve("var/a.log"), "one\n");
    append(upper("web").resolve("logs/b.txt"), "two\n");
    append(upper("web").resolve("logs/c.log"), "not asked for\n");
    SteppedSource source = source("{}").run();
    assertThat(outbox.texts()).containsExactlyInAnyOrder("one\n", "two\n");
    assertThat(source.source().problems())
        .hasSize(2)
        .anyMatch(
            p -> p.contains("shop_web-0_web_") && p.contains("\"relative\" is not looked for"))
        .anyMatch(p -> p.contains("\"/[x].log\" is not looked for"));
  }

  @Test
  void selectorsOfTheSectionAndOfTheEntryHold() throws Exception {
    for (String name : List.of("web", "sidecar", "db")) {
      start(name, 7);
      annotate(name, Map.of(InsideAnnotation.NAME, "/asked.log"));
      append(upper(name).resolve("logs/app.log"), name + "\n");
      append(upper(name).resolve("asked.log"), name + " asked\n");
    }
    source(
            """
            exclude: [ { container: sidecar } ]
            files: [ { paths: [ "/logs/*.log" ], include: [ { labels: { app: "*" } } ], exclude: [ { pod: "db-*" } ] } ]
            """)
        .run();
    assertThat(outbox.texts()).containsExactlyInAnyOrder("web\n", "web asked\n", "db asked\n");
  }

  @Test
  void aPlantedLinkIsToldOnceAndNotFollowed() throws Exception {
    append(host.resolve("secret"), "of the host\n");
    start("web", 7);
    Path logs = upper("web").resolve("logs");
    append(logs.resolve("app.log"), "own\n");
    Files.createSymbolicLink(logs.resolve("evil.log"), host.resolve("secret"));
    Files.createSymbolicLink(logs.resolve("climbing.log"), Path.of("../../secret"));
    Files.createSymbolicLink(logs.resolve("directory"), host);
    Files.createSymbolicLink(logs.resolve("out.log"), Path.of("/dev/stdout"));
    Files.createSymbolicLink(logs.resolve("too.log"), Path.of("/proc/self/fd/1"));
    Files.createSymbolicLink(logs.resolve("proc.log"), Path.of("/proc/self/root/etc/shadow"));
    SteppedSource source =
        source("{ files: [ { paths: [\"/logs/*.log\", \"/logs/*/*\"] } ] }").run();
    assertThat(outbox.texts()).containsExactly("own\n");
    assertThat(source.source().problems())
        .hasSize(3)
        .anyMatch(p -> p.contains("/logs/proc.log: not read"))
        .anyMatch(p -> p.contains("/logs/evil.log: not read: a link to \"" + host + "/secret\""))
        .anyMatch(p -> p.contains("/logs/climbing.log: not read: a link to \"../../secret\""));
    Files.delete(logs.resolve("evil.log"));
    source.run();
    assertThat(source.source().problems()).hasSize(2);
  }

  @Test
  void aContainerWithTooManyFilesHarmsItselfOnly() throws Exception {
    start("greedy", 7);
    start("web", 8);
    Path logs = upper("greedy").resolve("logs");
    for (int i = 0; i < 1100; i++) {
      append(logs.resolve(i + ".log"), "x\n");
    }
    append(upper("web").resolve("logs/app.log"), "own\n");
    SteppedSource source = source(LOGS).run();
    assertThat(outbox.texts()).hasSize(1001).contains("own\n");
    assertThat(source.source().problems())
        .singleElement()
        .satisfies(p -> assertThat(p).contains("more than 1000 files are asked for"));
  }

  /// Nobody reads the FIFO's other end, and the directory holds more than is looked at: neither
  /// stops the look, and the other container is read.
  @Test
  void whatIsHostileIsToldAndStopsNothing() throws Exception {
    start("hostile", 7);
    start("web", 8);
    Path logs = Files.createDirectories(upper("hostile").resolve("logs"));
    run("mkfifo", logs.resolve("fifo.log").toString());
    run("sh", "-c", "printf x > \"$0/$(printf 'bad\\377.log')\"", logs.toString());
    append(logs.resolve("two\nlines.log"), "x\n");
    append(logs.resolve("own.log"), "own of the hostile one\n");
    Path crowded = Files.createDirectories(logs.resolve("zz"));
    for (int i = 0; i < 50_000; i++) {
      Files.createFile(crowded.resolve(i + ".log"));
    }
    append(upper("web").resolve("logs/app.log"), "own\n");
    SteppedSource source = source(LOGS).run();
    assertThat(outbox.texts()).containsExactlyInAnyOrder("own of the hostile one\n", "own\n");
    assertThat(source.source().problems())
        .hasSize(4)
        .anyMatch(p -> p.contains("/logs/fifo.log: not read: a FIFO"))
        .anyMatch(p -> p.contains("/logs/two?lines.log: its name is no plain UTF-8"))
        .anyMatch(p -> p.contains("/logs/bad\uFFFD.log: its name is no plain UTF-8"))
        .anyMatch(p -> p.contains("/logs/zz: more than 50000 names"));
  }

  @Test
  void aNameThatIsLongOrGivesCommandsIsShownShortAndInOneLine() throws Exception {
    start("web", 7);
    Path deep = upper("web").resolve("logs");
    for (int i = 0; i < 15; i++) {
      deep = Files.createDirectories(deep.resolve("d\u009b".repeat(80)));
    }
    append(deep.resolve("two\nlines.log"), "x\n");
    SteppedSource source = source(LOGS).run();
    assertThat(source.source().problems())
        .singleElement()
        .satisfies(p ->
            assertThat(p).hasSizeLessThan(1000).doesNotContain("\u009b").contains("rename it"));
  }

  /// Its walk is for sixteen patterns, and the other's for one.
  @Test
  void aContainerThatTakesLongIsLookedThroughSeldomAndTheOthersAreNot() throws Exception {
    SteppedSource source = slowAndQuick();
    append(upper("slow").resolve("logs/1.log"), "new of the slow one\n");
    append(upper("quick").resolve("logs/1.log"), "new\n");
    spared(source);
    assertThat(outbox.texts()).hasSize(3).contains("new\n");
    append(upper("quick").resolve("logs/2.log"), "newer\n");
    spared(source);
    assertThat(outbox.texts()).hasSize(4).contains("newer\n");
    nanos += Duration.ofSeconds(1).toNanos();
    spared(source);
    assertThat(outbox.texts()).hasSize(5).contains("new of the slow one\n");
    assertThat(Objects.requireNonNull(tree).restingNanos())
        .isGreaterThanOrEqualTo(Duration.ofMillis(80).toNanos());
    append(upper("slow").resolve("logs/2.log"), "newer of the slow one\n");
    spared(source);
    assertThat(outbox.texts()).hasSize(5);
  }

  @Test
  void whatIsKnownOfOneThatTakesLongIsReadOn() throws Exception {
    SteppedSource source = slowAndQuick();
    append(upper("slow").resolve("logs/0.log"), "two of the slow one\n");
    spared(source);
    assertThat(outbox.texts()).hasSize(3).contains("two of the slow one\n");
  }

  /// It may be written to all the time, and its last line is not whole yet.
  @Test
  void aRotatedFileOfOneThatTakesLongIsNotTakenForQuiet() throws Exception {
    SteppedSource source = slowAndQuick();
    Path log = upper("slow").resolve("logs/0.log");
    Path rotated = Files.move(log, log.resolveSibling("0.log.1"));
    source.run();
    append(rotated, "tw");
    clock.pass(Duration.ofSeconds(6));
    spared(source);
    spared(source);
    append(rotated, "o\n");
    source.run();
    assertThat(outbox.texts()).hasSize(3).contains("two\n");
  }

  @Test
  void thoseThatTakeLongTakeTurns() throws Exception {
    start("slow too", 9);
    askForMany("slow too");
    SteppedSource source = slowAndQuick();
    for (String name : List.of("slow", "slow too")) {
      append(upper(name).resolve("logs/1.log"), "new\n");
    }
    nanos += Duration.ofSeconds(2).toNanos();
    spared(source);
    assertThat(outbox.texts()).containsOnlyOnce("new\n");
    spared(source);
    assertThat(outbox.texts()).containsOnlyOnce("new\n");
    nanos += Duration.ofSeconds(1).toNanos();
    spared(source);
    assertThat(outbox.texts()).hasSize(4);
  }

  @Test
  void whatIsMissingInOneThatTakesLongIsGoneWhenItWasLookedThroughTwice() throws Exception {
    SteppedSource source = slowAndQuick();
    Path log = upper("slow").resolve("logs/0.log");
    append(log, "last");
    source.run();
    Files.delete(log);
    source.look();
    for (int i = 0; i < 5; i++) {
      clock.pass(Duration.ofSeconds(6));
      spared(source);
    }
    assertThat(outbox.texts()).hasSize(2);
    source.run();
    assertThat(outbox.texts()).hasSize(3).contains("last");
  }

  @Test
  void aDrainWaitsForNoTurn() throws Exception {
    SteppedSource source = slowAndQuick();
    append(upper("slow").resolve("logs/1.log"), "new\n");
    spared(source);
    assertThat(outbox.texts()).hasSize(2);
    source.source().drain();
    assertThat(outbox.texts()).hasSize(3);
  }

  private SteppedSource slowAndQuick() throws Exception {
    readingNanos = Duration.ofMillis(5).toNanos();
    start("slow", 7);
    askForMany("slow");
    start("quick", 8);
    annotate("quick", Map.of(InsideAnnotation.NAME, "/logs/*.log"));
    append(upper("slow").resolve("logs/0.log"), "one of the slow one\n");
    append(upper("quick").resolve("logs/0.log"), "one\n");
    SteppedSource source = source("{}").run();
    assertThat(outbox.texts()).hasSize(2);
    return source;
  }

  private void askForMany(String name) {
    String paths =
        IntStream.range(0, 16)
            .mapToObj(i -> "/logs/" + i + ".log")
            .collect(Collectors.joining(","));
    annotate(name, Map.of(InsideAnnotation.NAME, paths));
  }

  /// Looks as one does each second, and reads.
  private void spared(SteppedSource source) throws InterruptedException {
    Objects.requireNonNull(tree).spare();
    for (Incarnation each : source.source().look(Changes.none().all(false))) {
      source.read(each);
    }
  }

  /// As of a runtime that tells of no overlay: a root that this process does not see by any path.
  @Test
  @Tag("root")
  void aRootThatOnlyItsProcessSeesIsRead() throws Exception {
    Path hidden = Files.createDirectories(host.resolve("hidden"));
    String script =
        "mount -t tmpfs none $0 && mkdir $0/logs && echo one > $0/logs/app.log"
            + " && echo ready && exec sleep 1000";
    Process process =
        new ProcessBuilder("unshare", "--mount", "sh", "-c", script, hidden.toString()).start();
    try {
      assertThat(process.inputReader().readLine()).isEqualTo("ready");
      assertThat(hidden).isEmptyDirectory();
      Path group = Path.of("/proc", Long.toString(process.pid()), "cgroup");
      Container seen =
          new Container(
              "cri-o",
              Files.readString(group).lines().findFirst().orElseThrow(),
              "web",
              Optional.empty(),
              "image",
              "",
              0,
              Map.of(),
              List.of(),
              Optional.empty(),
              "",
              process.pid(),
              Container.Root.UNKNOWN,
              List.of());
      containers.put("web", seen);
      SteppedSource source = source("{ files: [ { paths: [\"%s/logs/*\"] } ] }".formatted(hidden));
      source.run();
      assertThat(outbox.texts()).containsExactly("one\n");
      assertThat(source.source().problems()).isEmpty();
    } finally {
      process.destroy();
      process.waitFor();
    }
  }

  /// The agent may start before the runtime does.
  @Test
  void nothingIsLostWhileTheRuntimeIsNotThere() throws Exception {
    start("web", 7);
    append(upper("web").resolve("logs/app.log"), "one\n");
    SteppedSource source = source(LOGS).run();
    restart(source);
    Container web = Objects.requireNonNull(containers.remove("web"));
    known = false;
    source = source(LOGS).run();
    gone(source);
    assertThat(outbox.gaps()).isEmpty();
    containers.put("web", web);
    known = true;
    append(upper("web").resolve("logs/app.log"), "two\n");
    gone(source);
    assertThat(outbox.texts()).containsExactly("one\n", "two\n");
    assertThat(outbox.gaps()).isEmpty();
    assertThat(outbox.fileStreams()).hasSize(1);
  }

  /// Looks long enough for what is gone to be given up.
  private void gone(SteppedSource source) throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      source.run();
      clock.pass(Duration.ofSeconds(6));
    }
    source.run();
  }

  private void restart(SteppedSource source) {
    source.close();
    outbox.crash();
    claims = new Claims();
  }

  private SteppedSource source(String yaml) throws Exception {
    Section section = Section.parse("c", yaml);
    ContainersConfig config = ContainersConfig.read(section);
    section.throwFaults("c");
    Insides insides = new Insides(config, Map.of("node", "n1"));
    return opened(
        new SteppedSource(
            readers ->
                new FileSource(
                    config.insides(new AgentHome(temporary.resolve("data"), true)),
                    insides,
                    tree(insides),
                    claims,
                    readers,
                    clock::now),
            outbox));
  }

  private ContainerTree tree(Insides insides) {
    tree =
        new ContainerTree(
            HostRoot.SAME, containers::values, () -> known, insides, () -> nanos += readingNanos);
    return tree;
  }

  private SteppedSource opened(SteppedSource source) {
    open.add(source);
    return source;
  }

  private void start(String name, long pid, Container.Mount... mounts) throws IOException {
    Files.createDirectories(upper(name));
    Files.createDirectories(host.resolve("image"));
    containers.put(
        name,
        new Container(
            "containerd",
            id(name),
            name,
            Optional.of(new Pod("shop", name + "-0", "uid-" + name, Map.of("app", name), Map.of())),
            "image",
            "",
            0,
            Map.of(),
            List.of(),
            Optional.empty(),
            "",
            pid,
            new Container.Root(List.of(upper(name), host.resolve("image"))),
            List.of(mounts)));
  }

  private void annotate(String name, Map<String, String> annotations) {
    containers.computeIfPresent(
        name,
        (_, c) ->
            new Container(
                c.runtime(),
                c.id(),
                c.name(),
                c.pod()
                    .map(pod ->
                        new Pod(pod.namespace(), pod.name(), pod.uid(), pod.labels(), annotations)),
                c.image(),
                c.imageDigest(),
                c.restartCount(),
                c.labels(),
                c.environment(),
                c.log(),
                c.unreadable(),
                c.pid(),
                c.root(),
                c.mounts()));
  }

  private Path upper(String name) {
    return host.resolve("upper-" + name);
  }

  private static String id(String name) {
    return "%064x".formatted(name.hashCode() & 0xffffffffL);
  }

  private static long openFiles(Path file) throws IOException {
    try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors
          .filter(descriptor -> {
            try {
              return Files.readSymbolicLink(descriptor).toString().startsWith(file.toString());
            } catch (IOException e) {
              return false;
            }
          })
          .count();
    }
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
  }

  private static void append(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
