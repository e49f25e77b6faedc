package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.containers.Container;
import dev.purser.containers.Containers;
import dev.purser.containers.Pod;
import dev.purser.core.config.Section;
import dev.purser.core.disk.HostRoot;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerPlannerTest {
  private static final Path LOG = Path.of("/var/log/pods/shop_web-0_12-34/nginx/3.log");
  private static final Map<String, String> CONTEXT =
      Map.of("namespace", "shop", "pod", "web-0", "container", "nginx");
  private static final Container NGINX =
      new Container(
          "containerd",
          "abc",
          "nginx",
          Optional.of(
              new Pod("shop", "web-0", "12-34", Map.of("app", "web"), Map.of("team", "blue"))),
          "registry/nginx:1.27",
          "sha256:00",
          3,
          Map.of(),
          List.of("LOG=on", "EMPTY=", "odd"),
          Optional.of(LOG),
          "",
          1,
          Container.Root.UNKNOWN,
          List.of());

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ namespace: shop }                              | true",
        "{ namespace: [a, 'sh*'], pod: 'web-?' }          | true",
        "{ namespace: shop, container: sidecar }          | false",
        "{ image: '*/nginx:*' }                           | true",
        "{ labels: { app: 'w*' } }                        | true",
        "{ labels: { app: 'w*', tier: '*' } }             | false",
        "{ annotations: { team: blue } }                  | true",
        "{ environment: { LOG: 'on', EMPTY: '' } }        | true",
        "{ environment: { odd: '*' } }                    | false",
        "{}                                               | true",
      })
  void aSelectorHoldsWhenAllThatItNamesDoes(String yaml, boolean expected) throws Exception {
    Section section = Section.parse("c", yaml);
    ContainerSelector selector = ContainerSelector.read(section);
    section.throwFaults("c");

    assertThat(selector.selects(CONTEXT, Optional.of(NGINX))).isEqualTo(expected);
  }

  @Test
  void whatOnlyTheRuntimeKnowsDoesNotHoldForAContainerThatItDoesNotKnow() throws Exception {
    assertThat(selector("{ labels: { app: '*' } }").selects(CONTEXT, Optional.empty())).isFalse();
    assertThat(selector("{ image: '*' }").selects(CONTEXT, Optional.empty())).isFalse();
    assertThat(selector("{ namespace: shop }").selects(CONTEXT, Optional.empty())).isTrue();
  }

  @Test
  void withoutARuntimeThePathDecides() throws Exception {
    Section section =
        Section.parse(
            "c",
            """
            sockets: []
            include: [{ namespace: shop }, { namespace: prod }]
            exclude: [{ namespace: shop, container: sidecar }]
            """);
    ContainersConfig config = ContainersConfig.read(section);
    section.throwFaults("c");
    try (Containers none =
        new Containers(config.sockets(), HostRoot.SAME, InstantSource.system())) {
      ContainerPlanner planner =
          new ContainerPlanner(
              config,
              none,
              HostRoot.SAME,
              LogContext.ofContainers(
                  Map.of(), config.directory(), Path.of("/none"), HostRoot.SAME));

      assertThat(plan(planner, "shop_web-0_1/nginx/0.log")).isInstanceOf(Plan.Read.class);
      assertThat(plan(planner, "prod_web-0_1/sidecar/0.log")).isInstanceOf(Plan.Read.class);
      assertThat(plan(planner, "shop_web-0_1/sidecar/0.log")).isInstanceOf(Plan.Skip.class);
      assertThat(plan(planner, "dev_web-0_1/nginx/0.log")).isInstanceOf(Plan.Skip.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"java, true", "what no version understands, false", "'', false"})
  void aContainerThatIsGoneIsReadAsItWasAndSaysWhatItSaid(String wish, boolean joins)
      throws Exception {
    Section section = Section.parse("c", "{ sockets: [] }");
    ContainersConfig config = ContainersConfig.read(section);
    try (Containers containers = new Containers(List.of(), HostRoot.SAME, InstantSource.system())) {
      ContainerPlanner planner =
          new ContainerPlanner(
              config, containers, HostRoot.SAME, path -> Map.of(LogContext.FILE, path.toString()));
      Plan.Memo memo = new Plan.Memo(ContainerDecoder.LINES, wish, CONTEXT);

      Plan.Read again = planner.again(LOG, memo);

      assertThat(again.memo()).isEqualTo(memo);
      assertThat(again.splitter() instanceof JoiningSplitter).isEqualTo(joins);
    }
  }

  private static Plan plan(Planner planner, String file) {
    return planner.plan(ContainersConfig.DEFAULT_DIRECTORY.resolve(file), Duration.ZERO);
  }

  private static ContainerSelector selector(String yaml) throws Exception {
    return ContainerSelector.read(Section.parse("c", yaml));
  }
}
