package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.containers.Containers;
import dev.purser.core.config.Section;
import dev.purser.core.disk.HostRoot;
import dev.purser.core.record.Stream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A kubelet above Docker links to the file of a container some time after Docker made it. Where no
/// runtime is asked, the link alone tells of the pod.
class LateLinksTest {
  private static final String LINE = DockerLogs.TIME + " stdout F one\n";
  private static final String POD =
      """
      {"io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.name":"web-0",\
      "io.kubernetes.pod.uid":"1","io.kubernetes.container.name":"app",\
      "annotation.io.kubernetes.container.restartCount":"3"}\
      """;
  private static final String OLDER = DockerLogs.TIME + " stdout F older\n";

  @TempDir private Path directory;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();
  private Containers containers;
  private @Nullable ContainerPlanner planner;
  private Path file;
  private Path link;

  @BeforeEach
  void write() throws IOException {
    containers = new Containers(List.of(), HostRoot.SAME, clock::now);
    file = Files.createDirectories(directory.resolve("docker/abc")).resolve("abc-json.log");
    Files.writeString(file, LINE);
    link = Files.createDirectories(directory.resolve("pods/shop_web-0_1/app")).resolve("0.log");
  }

  @AfterEach
  void close() {
    containers.close();
  }

  @Test
  void aFileIsReadByTheNameOfItsPod() throws Exception {
    try (SteppedSource source = source("")) {
      source.run();
      clock.pass(Duration.ofSeconds(4));
      source.run();
      assertThat(outbox.texts()).isEmpty();

      Files.createSymbolicLink(link, file);
      source.run();

      assertThat(outbox.texts()).containsExactly(LINE);
      assertThat(context()).containsEntry(LogContext.POD, "web-0");
    }
  }

  @Test
  void aContainerOfNoPodIsReadByItself() throws Exception {
    try (SteppedSource source = source("")) {
      source.run();
      clock.pass(Duration.ofSeconds(5));
      source.run();

      assertThat(outbox.texts()).containsExactly(LINE);
      assertThat(context())
          .containsEntry(LogContext.CONTAINER_ID, "abc")
          .doesNotContainKey(LogContext.POD);
    }
  }

  @Test
  void whatIsWantedByItsPodIsReadHoweverLateTheLinkComes() throws Exception {
    Files.writeString(file.resolveSibling("abc-json.log.1"), OLDER);
    try (SteppedSource source = source(", include: [{ namespace: shop }]")) {
      source.run();
      clock.pass(Duration.ofMinutes(1));
      source.run();
      assertThat(outbox.texts()).isEmpty();

      Files.createSymbolicLink(link, file);
      source.run();

      assertThat(outbox.texts()).containsExactlyInAnyOrder(LINE, OLDER);
      assertThat(outbox.gaps()).isEmpty();
    }
  }

  @Test
  void theWordOfALinkMayComeBehindTheLookThatFindsIt() throws Exception {
    try (SteppedSource source = source("")) {
      source.run();
      clock.pass(Duration.ofSeconds(5));
      source.run();
      Files.createSymbolicLink(link, file);
      source.run(Changes.none().all(false));

      Changes word = Changes.none();
      word.made().put(link, 1);
      for (int i = 0; i < 3; i++) {
        source.run(word);
        word = Changes.none();
        clock.pass(Duration.ofSeconds(1));
      }

      assertThat(outbox.gaps()).isEmpty();
    }
  }

  @Test
  void whatDockerRotatedIsOfTheSamePod() throws Exception {
    Files.createSymbolicLink(link, file);
    Path older = Files.writeString(file.resolveSibling("abc-json.log.1"), OLDER);
    try (SteppedSource source = source("")) {
      source.run();

      assertThat(outbox.texts()).containsExactlyInAnyOrder(OLDER, LINE);
      assertThat(outbox.fileStreams())
          .hasSize(2)
          .allSatisfy(id ->
              assertThat(outbox.stream(id).context())
                  .containsEntry(LogContext.POD, "web-0")
                  .containsEntry(LogContext.CONTAINER_ID, "abc"));
      assertThat(older).exists();
    }
  }

  @Test
  void whatIsLeftOutStaysSoWhenItIsRotatedAndWhenItsLinkGoes() throws Exception {
    Files.createSymbolicLink(link, file);
    try (SteppedSource source = source(", exclude: [{ namespace: shop }]")) {
      source.run();
      for (int i = 1; i <= 3; i++) {
        Files.move(file, file.resolveSibling("abc-json.log." + i));
        Files.writeString(file, LINE);
        pass(source);
      }
      Files.delete(link);
      pass(source);
      Files.delete(file);
      pass(source);
    }
    assertThat(outbox.texts()).isEmpty();
    assertThat(outbox.gaps()).isEmpty();
  }

  /// Docker makes each file under one of its two names.
  @Test
  void rotationsOfALinkedFileAreNotTakenForLostFiles() throws Exception {
    Changes words = Changes.none();
    words.made().put(link, 1);
    words.made().put(file, 1);
    Files.createSymbolicLink(link, file);
    try (SteppedSource source = source("")) {
      for (int i = 1; i <= 5; i++) {
        source.run(words.all(false));
        clock.pass(Duration.ofSeconds(1));
        source.run(Changes.none().all(false));
        clock.pass(Duration.ofSeconds(1));
        source.run(Changes.none().all(false));

        Files.move(file, file.resolveSibling("abc-json.log." + i));
        Files.writeString(file, LINE);
        words = Changes.none();
        words.made().put(file, 1);
      }
      Files.delete(link);
      pass(source);

      assertThat(outbox.gaps()).isEmpty();
    }
  }

  @Test
  void thatNoLinkComesIsFoundOutOncePerContainer() throws Exception {
    try (SteppedSource source = source("")) {
      pass(source);
      assertThat(outbox.texts()).hasSize(1);
      Files.move(file, file.resolveSibling("abc-json.log.1"));
      Files.writeString(file, OLDER);
      source.run();

      assertThat(outbox.texts()).containsExactlyInAnyOrder(LINE, OLDER);
    }
  }

  /// Of which the kernel tells nothing where the link lies.
  @Test
  void theLinkMayBeThereBeforeTheFile() throws Exception {
    Files.delete(file);
    Files.createSymbolicLink(link, file);
    try (SteppedSource source = source("")) {
      source.run();
      Files.writeString(file, LINE);
      Changes told = Changes.none();
      told.directories().add(file.getParent());
      source.run(told);
      source.run(Changes.none());

      assertThat(outbox.texts()).containsExactly(LINE);
      assertThat(context()).containsEntry(LogContext.POD, "web-0");
    }
  }

  /// A pod that may write to the node's logs can make one.
  @Test
  void anotherLinkTakesNoFileOver() throws Exception {
    Files.createSymbolicLink(link, file);
    try (SteppedSource source = source(", exclude: [{ namespace: shop }]")) {
      source.run();
      for (String name : List.of("aa_pod_2", "zz_pod_2")) {
        Path other = Files.createDirectories(directory.resolve("pods/" + name + "/app"));
        Files.createSymbolicLink(other.resolve("0.log"), file);
      }
      pass(source);
      Files.move(file, file.resolveSibling("abc-json.log.1"));
      Files.writeString(file, LINE);
      pass(source);
      Files.delete(link);
      pass(source);
    }
    assertThat(outbox.texts()).isEmpty();
  }

  @Test
  void whatDockerNotedTellsOfThePodWithoutALink() throws Exception {
    note(POD);
    Files.writeString(file.resolveSibling("abc-json.log.1"), OLDER);
    try (SteppedSource source = source("")) {
      pass(source);

      assertThat(outbox.texts()).containsExactlyInAnyOrder(LINE, OLDER);
      assertThat(context())
          .containsEntry(LogContext.NAMESPACE, "shop")
          .containsEntry(LogContext.POD, "web-0")
          .containsEntry(LogContext.POD_UID, "1")
          .containsEntry(LogContext.CONTAINER, "app")
          .containsEntry(LogContext.IMAGE, "localhost/app:1")
          .containsEntry(LogContext.RESTART_COUNT, "3");
    }
  }

  @Test
  void whatIsLeftOutStaysSoForAnAgentThatStartsWhenItsLinkIsGone() throws Exception {
    note(POD);
    try (SteppedSource source = source(", exclude: [{ namespace: shop }]")) {
      pass(source);
      pass(source);
    }
    assertThat(outbox.texts()).isEmpty();
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void aContainerThatDockerNotedToBeOfNoPodIsReadAtOnce() throws Exception {
    note("{\"team\":\"blue\"}");
    try (SteppedSource source = source(", include: [{ labels: { team: blue } }]")) {
      source.run();

      assertThat(outbox.texts()).containsExactly(LINE);
      assertThat(context()).containsEntry(LogContext.CONTAINER, "web");
    }
  }

  /// An image can bring labels of any size.
  @Test
  void longLabelsAreCutAndManyAreLeftOut() throws Exception {
    StringBuilder labels = new StringBuilder("{");
    for (int i = 0; i < 60; i++) {
      labels.append("\"l%02d\":\"%s\",".formatted(i, "x".repeat(6_000)));
    }
    note(labels + "\"%s\":\"\"}".formatted("k".repeat(1_000)));
    try (SteppedSource source = source("")) {
      source.run();

      assertThat(outbox.texts()).containsExactly(LINE);
      assertThat(context().get(LogContext.LABEL + "l00"))
          .isEqualTo("x".repeat(Stream.MAX_VALUE_CHARACTERS - 1) + "\u2026");
      assertThat(context().keySet().stream().filter(key -> key.startsWith(LogContext.LABEL)))
          .hasSize(15);
    }
  }

  /// It would never end, and whoever looks would wait.
  @Test
  void aPipeInPlaceOfTheNoteIsNotRead() throws Exception {
    Path note = file.resolveSibling("config.v2.json");
    assertThat(new ProcessBuilder("mkfifo", note.toString()).start().waitFor()).isZero();
    try (SteppedSource source = source("")) {
      pass(source);

      assertThat(outbox.texts()).containsExactly(LINE);
      assertThat(problems())
          .singleElement()
          .asString()
          .startsWith(note + ": cannot be used: it is no regular file");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{\"ID\":\"another\",\"Name\":\"/web\"}", "large"})
  void whatCannotBeReadTellsNothing(String noted) throws Exception {
    String text =
        noted.equals("large") ? " ".repeat(1 << 20) + "{\"ID\":\"abc\",\"Name\":\"/web\"}" : noted;
    Files.writeString(file.resolveSibling("config.v2.json"), text);
    try (SteppedSource source = source("")) {
      pass(source);

      assertThat(outbox.texts()).containsExactly(LINE);
      assertThat(context())
          .containsEntry(LogContext.CONTAINER_ID, "abc")
          .doesNotContainKey(LogContext.CONTAINER);
      assertThat(problems()).singleElement().asString().contains(": cannot be used: it ");
      Files.delete(file.resolveSibling("config.v2.json"));
      assertThat(problems()).isEmpty();
    }
  }

  /// An agent that starts does not know which of two links was there first.
  @Test
  void aLinkOfAnotherPodDoesNotCountWhereverItIsListed() throws Exception {
    note(POD);
    Files.createSymbolicLink(link, file);
    for (String name : List.of("aa_pod_2", "zz_pod_2")) {
      Path other = Files.createDirectories(directory.resolve("pods/" + name + "/app"));
      Files.createSymbolicLink(other.resolve("0.log"), file);
    }
    try (SteppedSource source = source("")) {
      pass(source);

      assertThat(outbox.texts()).containsExactly(LINE);
      assertThat(context())
          .containsEntry(LogContext.POD, "web-0")
          .containsEntry(LogContext.FILE, link.toString());
    }
  }

  @Test
  void aLinkToAContainerOfNoPodDoesNotCount() throws Exception {
    note("{}");
    Files.createSymbolicLink(link, file);
    try (SteppedSource source = source(", exclude: [{ namespace: shop }]")) {
      source.run();

      assertThat(outbox.texts()).containsExactly(LINE);
      assertThat(context())
          .containsEntry(LogContext.CONTAINER, "web")
          .doesNotContainKeys(LogContext.POD, LogContext.NAMESPACE);
    }
  }

  private void note(String labels) throws IOException {
    Files.writeString(
        file.resolveSibling("config.v2.json"),
        """
        {"ID":"abc","Name":"/web","Image":"sha256:00","RestartCount":0,\
        "Config":{"Image":"localhost/app:1","Env":["A=b"],"Labels":%s}}\
        """
            .formatted(labels));
  }

  private void pass(SteppedSource source) throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      source.run();
      clock.pass(Duration.ofSeconds(5));
    }
  }

  private List<String> problems() {
    return Objects.requireNonNull(planner).problems();
  }

  private Map<String, String> context() {
    return outbox.stream(outbox.fileStreams().getFirst()).context();
  }

  private SteppedSource source(String selection) throws Exception {
    Section section =
        Section.parse(
            "c",
            "{ sockets: [], paths: \"%s/pods\", docker: \"%s/docker\"%s }"
                .formatted(directory, directory, selection));
    ContainersConfig config = ContainersConfig.read(section);
    section.throwFaults("c");
    ContainerPlanner planner =
        new ContainerPlanner(
            config,
            containers,
            HostRoot.SAME,
            LogContext.ofContainers(
                Map.of(), config.directory(), directory.resolve("none"), HostRoot.SAME));
    this.planner = planner;
    FileSourceConfig files = config.source(new AgentHome(directory.resolve("data"), true));
    return new SteppedSource(
        readers -> new FileSource(files, planner, new Claims(), readers, clock::now), outbox);
  }
}
