package dev.purser.sources.objects;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.objects.Inventory;
import dev.purser.core.objects.Pod;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.record.Stream;
import dev.purser.sources.objects.UnseenContainers.Unseen;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UnseenContainersTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final Duration GRACE = Duration.ofSeconds(30);
  private static final ObjectId POD = new ObjectId("c", Kind.POD, "u1");
  private static final String READS_ALL =
      "{\"allContainersOf\":{\"cluster\":\"c\",\"node\":\"n1\"},\"delivery\":{\"trouble\":null}}";
  private static final PodRun WAITING = pod(Map.of());
  private static final PodRun RAN = pod(Map.of("main", "containerd://abc"));
  private static final Unseen MAIN = new Unseen(RAN, "main", EpochMicros.of(NOW));

  private long nanos;
  private final UnseenContainers unseen =
      new UnseenContainers(new OneNode(), InstantSource.fixed(NOW), () -> nanos);

  @Test
  void aContainerOfWhichNothingCameIsFoundWhenTheAgentOfItsNodeReportsLater() {
    comesAndGoes(RAN);
    report(READS_ALL);
    assertThat(unseen.found()).as("at once").isEmpty();

    pass(GRACE);
    assertThat(unseen.found()).as("without a report").isEmpty();
    report(READS_ALL);
    report(READS_ALL);

    assertThat(unseen.found()).containsExactly(MAIN);
  }

  @Test
  void oneOfWhichAStreamCameIsSeen() {
    comesAndGoes(RAN);
    unseen.took(stream(Map.of("pod_uid", "u1", "container", "main")));
    judge(READS_ALL);

    assertThat(unseen.found()).isEmpty();
  }

  @Test
  void oneWhoseStreamWasAheadOfTheNewsOfItsPodIsSeen() {
    unseen.took(stream(Map.of("pod_uid", "u1", "container", "main")));
    comesAndGoes(RAN);
    judge(READS_ALL);

    assertThat(unseen.found()).isEmpty();
  }

  @Test
  void oneWhoseStreamNamesNothingButTheContainersIdIsSeen() {
    unseen.took(stream(Map.of("container_id", "abc")));
    comesAndGoes(RAN);
    judge(READS_ALL);

    assertThat(unseen.found()).isEmpty();
  }

  @Test
  void theStreamOfAnotherContainerOfThePodDoesNotCount() {
    unseen.took(stream(Map.of("pod_uid", "u1", "container", "init")));
    comesAndGoes(pod(Map.of("main", "x://aaaa", "init", "x://bbbb")));
    judge(READS_ALL);

    assertThat(unseen.found()).extracting(Unseen::container).containsExactly("main");
  }

  @Test
  void oneThatAnAgentHasInHandIsWaitedFor() {
    comesAndGoes(RAN);
    judge(READS_ALL.replace("}}", "},\"volumes\":[{\"pod_uid\":\"u1\"}]}"));
    report(READS_ALL.replace("}}", "},\"undecided\":[\"/var/log/pods/ns_pod_u1/main/0.log\"]}"));
    report(READS_ALL.replace("}}", "},\"undecided\":[\"/docker/abc/abc-json.log\"]}"));
    assertThat(unseen.found()).isEmpty();

    report(READS_ALL);
    assertThat(unseen.found()).as("as its agent was killed before it delivered").hasSize(1);
  }

  @Test
  void anAgentSaysNothingOfContainersThatItMayLeaveOut() {
    comesAndGoes(RAN);
    judge("{\"delivery\":{\"trouble\":null}}");
    judge(READS_ALL.replace("null", "\"the hub has no room\""));
    judge(READS_ALL.replace("\"c\"", "\"other\""));
    judge(READS_ALL.replace("n1", "n2"));
    judge("no JSON");

    assertThat(unseen.found()).isEmpty();
  }

  @Test
  void anAgentMayCallItsNodeByTheNameOfItsHost() {
    comesAndGoes(RAN);
    judge(READS_ALL.replace("n1", "host-1"));

    assertThat(unseen.found()).containsExactly(MAIN);
  }

  @Test
  void aPodThatStartedNothingOrIsNotToBeReadOrHadNoNodeIsNotMissed() {
    comesAndGoes(WAITING);
    comesAndGoes(new PodRun(POD, "ns", "pod", "n1", false, RAN.started()));
    comesAndGoes(new PodRun(POD, "ns", "pod", "", true, RAN.started()));
    judge(READS_ALL);

    assertThat(unseen.found()).isEmpty();
  }

  @Test
  void whatWasStartedBeforeTheFirstListMayHaveComeToTheHubBefore() {
    unseen.listed("c", List.of(RAN));
    PodRun more = pod(Map.of("main", "x://aaaa", "debugger", "x://bbbb"));
    unseen.saw(more);
    unseen.gone(POD);
    judge(READS_ALL);

    assertThat(unseen.found()).containsExactly(new Unseen(more, "debugger", EpochMicros.of(NOW)));
  }

  @Test
  void aPodThatALaterListLacksIsGone() {
    unseen.listed("c", List.of());
    unseen.listed("c", List.of(RAN));
    unseen.listed("other", List.of());
    judge(READS_ALL);
    assertThat(unseen.found()).isEmpty();

    unseen.listed("c", List.of());
    judge(READS_ALL);
    assertThat(unseen.found()).containsExactly(MAIN);
  }

  @Test
  void anAgentThatReportedOnceIsNotWaitedForForEver() {
    report(READS_ALL);
    comesAndGoes(RAN);
    comesAndGoes(
        new PodRun(
            new ObjectId("c", Kind.POD, "u2"),
            "ns",
            "pod",
            "n3",
            true,
            Map.of("main", "x://cccc")));
    pass(Duration.ofHours(1));
    report("{\"delivery\":{\"trouble\":null}}");

    assertThat(unseen.found()).as("on n3 there was never an agent").containsExactly(MAIN);
  }

  private void comesAndGoes(PodRun pod) {
    unseen.saw(pod);
    unseen.gone(pod.id());
  }

  private void judge(String report) {
    pass(GRACE);
    report(report);
  }

  private void report(String json) {
    unseen.heard(json.getBytes(UTF_8));
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private static PodRun pod(Map<String, String> started) {
    return new PodRun(POD, "ns", "pod", "n1", true, started);
  }

  private static Stream stream(Map<String, String> context) {
    Map<String, String> all = new java.util.HashMap<>(context);
    all.put(Stream.CLUSTER, "c");
    return new Stream("s", "cri", all);
  }

  /// Node `n1` of cluster `c`, on a host of another name.
  private static final class OneNode implements Inventory {
    @Override
    public void await(String cluster, String podUid, long ingestTimeMicros) {}

    @Override
    public Optional<Pod> pod(String cluster, String uid) {
      return Optional.empty();
    }

    @Override
    public Optional<Map<String, String>> namespaceLabels(String cluster, String namespace) {
      return Optional.empty();
    }

    @Override
    public Optional<Map<String, String>> nodeLabels(String cluster, String node) {
      return cluster.equals("c") && node.equals("n1")
          ? Optional.of(Map.of("kubernetes.io/hostname", "host-1"))
          : Optional.empty();
    }
  }
}
