package dev.purser.sources.objects;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectReaderTest {
  private static final String POD =
      """
      {"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"shop-1-abcde",
       "generateName":"shop-1-","namespace":"prod","uid":"u1","resourceVersion":"7",
       "labels":{"tier":"web","app":"shop"},"annotations":{"a":"b"},
       "ownerReferences":[{"apiVersion":"v1","kind":"Other","name":"no","uid":"u0"},
         {"apiVersion":"apps/v1","kind":"ReplicaSet","name":"shop-1","uid":"u2","controller":true}],
       "managedFields":[{"manager":"k","fieldsV1":{"f:metadata":{".":{}}}}]}}
      """;
  private static final KnownObject SHOP =
      new KnownObject(
          new ObjectId("c1", Kind.POD, "u1"),
          "shop-1-abcde",
          Map.of("app", "shop", "tier", "web"),
          new KnownObject.Controller("ReplicaSet", "shop-1", "u2"));

  private static final PodRun RUN =
      new PodRun(new ObjectId("c1", Kind.POD, "u1"), "prod", "shop-1-abcde", "", true, Map.of());

  private final SharedLabels shared = new SharedLabels();
  private final ObjectReader pods = new ObjectReader("c1", Kind.POD, shared);

  @Test
  void keepsWhatIsNeededOfAPage() throws Exception {
    ObjectReader.Page page =
        page(
            pods,
            "{\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"t\"},\"items\":[%s,%s]}"
                .formatted(POD, POD));
    assertThat(page.objects()).containsExactly(SHOP, SHOP);
    assertThat(page.version()).isEqualTo("9");
    assertThat(page.next()).isEqualTo("t");
    assertThat(page.objects().get(0).labels()).isSameAs(page.objects().get(1).labels());
    assertThat(page(pods, "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":null}").objects())
        .isEmpty();
  }

  @Test
  void readsTheLinesOfAWatch() throws Exception {
    assertThat(line("{\"type\":\"MODIFIED\",\"object\":%s}".formatted(POD)))
        .isEqualTo(new ObjectReader.Line.Changed(SHOP, RUN, "7"));
    assertThat(line("{\"type\":\"DELETED\",\"object\":%s}".formatted(POD)))
        .isEqualTo(new ObjectReader.Line.Deleted(SHOP, RUN, "7"));
    assertThat(
            line("{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"8\"}}}"))
        .isEqualTo(new ObjectReader.Line.Bookmark("8"));
    assertThat(line("{\"type\":\"ERROR\",\"object\":{\"code\":410,\"message\":\"too old\"}}"))
        .isEqualTo(new ObjectReader.Line.Refused(410, "too old"));
  }

  @Test
  void knowsWhichContainersOfAPodWereStarted() throws Exception {
    assertThat(
            run(
                """
                {"initContainerStatuses":[
                   {"name":"ended","containerID":"cri://1","state":{"terminated":{"startedAt":"2026-11-23T12:00:00Z"}}}],
                 "containerStatuses":[
                   {"name":"runs","containerID":"cri://2","state":{"running":{}},"lastState":{}},
                   {"name":"crashes","containerID":"cri://3","state":{"waiting":{}},"lastState":{"terminated":{"startedAt":"2026-11-23T12:00:00Z"}}},
                   {"name":"waits","state":{"waiting":{"reason":"ContainerCreating"}},"lastState":{}},
                   {"name":"fails","containerID":"cri://4","state":{"terminated":{"reason":"StartError","startedAt":"1970-01-01T00:00:00Z"}}},
                   {"name":"lost","state":{"terminated":{"reason":"ContainerStatusUnknown","startedAt":null}}}],
                 "ephemeralContainerStatuses":[{"name":"debugger","containerID":"cri://5","state":{"running":{}}}]}\
                """,
                "a"))
        .isEqualTo(
            new PodRun(
                new ObjectId("c1", Kind.POD, "u1"),
                "prod",
                "shop-1-abcde",
                "n1",
                true,
                Map.of(
                    "ended",
                    "cri://1",
                    "runs",
                    "cri://2",
                    "crashes",
                    "cri://3",
                    "debugger",
                    "cri://5")));
    assertThat(run("{\"containerStatuses\":7}", "kubernetes.io/config.mirror").isExpected())
        .isFalse();
    assertThat(run("{}", "purser.dev/logs").isExpected()).as("it is not off").isTrue();
    assertThat(run("{}", "purser.dev/logs\":\"off\",\"x").isExpected()).isFalse();
  }

  private PodRun run(String status, String annotation) throws Exception {
    String pod = POD.replace("\"a\":\"b\"", "\"" + annotation + "\":\"b\"").strip();
    String json =
        "{\"type\":\"ADDED\",\"object\":%s,\"spec\":{\"nodeName\":\"n1\"},\"status\":%s}}"
            .formatted(pod.substring(0, pod.length() - 1), status);
    return switch (line(json)) {
      case ObjectReader.Line.Changed(KnownObject _, PodRun run, String _) when run != null -> run;
      case ObjectReader.Line other -> throw new AssertionError(other);
    };
  }

  @Test
  void aStaticPodHasTheUidThatItsNodeKnows() throws Exception {
    String mirror = POD.replace("\"a\":\"b\"", "\"kubernetes.io/config.mirror\":\"hash\"");
    assertThat(
            page(
                    pods,
                    "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[%s]}".formatted(mirror))
                .objects()
                .get(0)
                .id()
                .key())
        .isEqualTo("hash");
  }

  @Test
  void nodesAndNamespacesGoByTheirNamesAndJobsHaveNoLabels() throws Exception {
    String list = "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[%s]}".formatted(POD);
    KnownObject node = page(new ObjectReader("c1", Kind.NODE, shared), list).objects().get(0);
    assertThat(node.id().key()).isEqualTo("shop-1-abcde");
    assertThat(node.labels()).hasSize(2);
    KnownObject job = page(new ObjectReader("c1", Kind.JOB, shared), list).objects().get(0);
    assertThat(job.id().key()).isEqualTo("u1");
    assertThat(job.labels()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "<html>",
        "{\"type\":\"ADDED\"}",
        "{\"type\":\"ADDED\",\"object\":{}}",
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"1\"}}}",
        "{\"type\":\"ODD\",\"object\":{\"metadata\":{\"resourceVersion\":\"1\"}}}",
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"labels\":[1]}}}"
      })
  void saysThatALineIsNoneOfAWatch(String line) {
    assertThatThrownBy(() -> line(line))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("the answer to /api/v1/pods is not what an API server sends");
  }

  @Test
  void damagedLinesAreReadOrRefusedButNeverAnythingElse() {
    long first = System.nanoTime();
    byte[] whole = "{\"type\":\"ADDED\",\"object\":%s}".formatted(POD).getBytes(UTF_8);
    for (int i = 0; i < 20_000; i++) {
      Random random = new Random(first + i);
      byte[] bytes = Arrays.copyOf(whole, 1 + random.nextInt(whole.length));
      for (int n = random.nextInt(3); n >= 0; n--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      try {
        pods.line(bytes, 0, bytes.length);
      } catch (IOException e) {
        assertThat(e.getMessage()).as("seed %s", first + i).isNotEmpty();
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + (first + i), e);
      }
    }
  }

  private ObjectReader.Line line(String text) throws IOException {
    byte[] bytes = ("x" + text).getBytes(UTF_8);
    return pods.line(bytes, 1, bytes.length);
  }

  private static ObjectReader.Page page(ObjectReader reader, String text) throws IOException {
    return reader.page(text.getBytes(UTF_8));
  }
}
