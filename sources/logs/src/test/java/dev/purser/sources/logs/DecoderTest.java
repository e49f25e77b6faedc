package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.objects.Inventory;
import dev.purser.core.objects.Owner;
import dev.purser.core.objects.Pod;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.record.Stream;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.core.table.Row;
import dev.purser.core.table.Table;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecoderTest {
  private static final String TIME = "2026-11-23T04:38:02.123456789Z";

  @Test
  void aLineIsItsMessageWithoutItsEnd() throws Exception {
    Values row = decode(new LineDecoder(), "hello\r\n".getBytes(StandardCharsets.UTF_8));
    assertThat(row.get("message")).isEqualTo("hello");
    assertThat(row.get("partial")).isEqualTo(0L);
    assertThat(row.get("file")).isEqualTo("/var/log/x");
    assertThat(row.isSet(Table.RAW)).isFalse();
    assertThat(decode(new LineDecoder(), new byte[] {'a'}).get("partial")).isEqualTo(1L);
    assertThat(decode(new LineDecoder(), new byte[] {'\n'}).get("message")).isEqualTo("");
  }

  @Test
  void bytesThatAreNoUtf8AreReplacedInTheMessageOnly() throws Exception {
    Values row = decode(new LineDecoder(), new byte[] {'a', (byte) 0xff, 'b', '\n'});
    assertThat(row.get("message")).isEqualTo("a\ufffdb");
    assertThat(row.isSet(Table.RAW)).isFalse();
  }

  @Test
  void aContainerLineLosesItsPrefix() throws Exception {
    Values row = decode(ContainerDecoder.ofLines(), line(TIME + " stderr F hello world\r\n"));
    assertThat(row.get("message")).isEqualTo("hello world");
    assertThat(row.get("stream")).isEqualTo("stderr");
    assertThat(row.get("partial")).isEqualTo(0L);
    assertThat(row.get("time")).isEqualTo(EpochMicros.of(Instant.parse(TIME)));
    assertThat(row.get("namespace")).isEqualTo("prod");
    assertThat(row.get("container_id")).isNull();
  }

  @Test
  void whatTheAgentToldOfTheStreamIsInEachRow() throws Exception {
    Map<String, String> context = new HashMap<>(Map.of("pod", "shop-5d9c-abc12", "pod_uid", "u1"));
    context.put(LogContext.IMAGE, "registry/shop:1");
    context.put(LogContext.IMAGE_DIGEST, "sha256:00");
    context.put(LogContext.RESTART_COUNT, "3");
    context.put(LogContext.LABEL + "app", "shop");
    context.put(LogContext.LABEL + "pod-template-hash", "5d9c");
    context.put(LogContext.ANNOTATION + "a/b", "");
    for (Decoder decoder : List.of(new LineDecoder(), ContainerDecoder.ofLines())) {
      Stream stream = new Stream("s", decoder.kind(), context);
      Values first = decode(decoder, stream, line(TIME + " stdout F m\n"));
      assertThat(first.get("image")).isEqualTo("registry/shop:1");
      assertThat(first.get("image_digest")).isEqualTo("sha256:00");
      assertThat(first.get("restart_count")).isEqualTo(3L);
      assertThat(first.get("labels")).isEqualTo(Map.of("app", "shop", "pod-template-hash", "5d9c"));
      assertThat(first.get("annotations")).isEqualTo(Map.of("a/b", ""));
      assertThat(first.get("owner_kind")).as("by its labels").isEqualTo("Deployment");
      assertThat(first.get("owner_name")).isEqualTo("shop");
      assertThat(first.get("namespace_labels")).isNull();
      Values second = decode(decoder, stream, line(TIME + " stdout F n\n"));
      assertThat(second.get("labels")).isSameAs(first.get("labels"));
      Values other =
          decode(decoder, new Stream("t", decoder.kind(), Map.of()), line(TIME + " stdout F n\n"));
      assertThat(other.get("labels")).isNull();
      assertThat(other.get("image")).isNull();
      assertThat(other.get("restart_count")).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "1.5", "9999999999", "one", "\u0663"})
  void aRestartCountThatIsNoneIsLeftOut(String text) throws Exception {
    Stream stream = new Stream("s", "line", Map.of(LogContext.RESTART_COUNT, text));
    assertThat(decode(new LineDecoder(), stream, line("m\n")).get("restart_count")).isNull();
  }

  @Test
  void whatTheHubKnowsOfThePodIsInEachRowOfItsBatch() throws Exception {
    KnownPods known = new KnownPods();
    Map<String, String> context =
        Map.of("cluster", "c1", "node", "n1", "namespace", "prod", "pod", "p", "pod_uid", "u1");
    ContainerDecoder decoder = ContainerDecoder.ofLines(known);
    byte[] line = line(TIME + " stdout F m\n");
    Stream stream = new Stream("s", "cri", context);
    assertThat(decode(decoder, stream, line).get("owner_kind")).isNull();
    known.pods.put(
        "c1/u1", new Pod(Map.of("app", "shop"), Optional.of(new Owner("CronJob", "nightly"))));
    decoder.prepare(stream, 7);
    assertThat(known.awaited).containsExactly("c1/u1 7");
    Values row = decode(decoder, new Stream("s", "cri", context), line);
    assertThat(row.get("owner_kind")).isEqualTo("CronJob");
    assertThat(row.get("owner_name")).isEqualTo("nightly");
    assertThat(row.get("labels")).isEqualTo(Map.of("app", "shop"));
    assertThat(row.get("namespace_labels")).isEqualTo(Map.of("of", "c1/prod"));
    assertThat(row.get("node_labels")).isEqualTo(Map.of("of", "c1/n1"));
    known.pods.put("c1/u1", new Pod(Map.of(), Optional.empty()));
    Map<String, String> labelled = new HashMap<>(context);
    labelled.put(LogContext.LABEL + "batch.kubernetes.io/job-name", "forged");
    Values own = decode(decoder, new Stream("s", "cri", labelled), line);
    assertThat(own.get("labels")).isEqualTo(Map.of("batch.kubernetes.io/job-name", "forged"));
    assertThat(own.get("owner_kind")).as("the API server knows better").isNull();
  }

  @Test
  void theLinesOfOneCallAreJoined() throws Exception {
    Values row =
        decode(
            ContainerDecoder.ofLines(),
            line(TIME + " stdout P one \n" + TIME + " stdout P two\n" + TIME + " stdout F  3\n"));
    assertThat(row.get("message")).isEqualTo("one two 3");
    assertThat(row.get("partial")).isEqualTo(0L);
    assertThat(decode(ContainerDecoder.ofLines(), line(TIME + " stdout P one\n")).get("partial"))
        .isEqualTo(1L);
  }

  @Test
  void theLinesOfATraceStandEachOnTheirOwn() throws Exception {
    String trace = TIME + " stderr F a.B\n" + TIME + " stderr P \tat \n" + TIME + " stderr F c\r\n";
    assertThat(
            decode(ContainerDecoder.ofLines(), line(trace + TIME + " stderr F \n")).get("message"))
        .isEqualTo("a.B\n\tat c\n");
    assertThat(decode(ContainerDecoder.ofLines(), line(trace)).get("message"))
        .isEqualTo("a.B\n\tat c");
    assertThat(decode(new LineDecoder(), line("a.B\n\tat c\n")).get("message"))
        .isEqualTo("a.B\n\tat c");
  }

  @Test
  void theMessagesOfTheTwoPiecesOfATraceGiveTheWhole() throws Exception {
    Values first =
        decode(
            ContainerDecoder.ofLines(), line(TIME + " stderr F a.B\n" + TIME + " stderr F \tat c"));
    Values rest =
        decode(
            ContainerDecoder.ofLines(),
            line("\n" + TIME + " stderr F \tat d\n" + TIME + " stderr F \tat e\n"));
    assertThat(first.get("message")).isEqualTo("a.B\n\tat c");
    assertThat(first.get("partial")).isEqualTo(1L);
    assertThat(rest.get("message")).isEqualTo("\n\tat d\n\tat e");
    assertThat(rest.get("partial")).isEqualTo(0L);
    assertThat(rest.get("time")).isEqualTo(EpochMicros.of(Instant.parse(TIME)));
    assertThat(
            decode(ContainerDecoder.ofLines(), line("\n" + TIME + " stderr F \tat d\n"))
                .get("message"))
        .isEqualTo("\n\tat d");
  }

  @Test
  void emptyMessagesAndFurtherTagsAreRead() throws Exception {
    assertThat(decode(ContainerDecoder.ofLines(), line(TIME + " stdout F \n")).get("message"))
        .isEqualTo("");
    assertThat(decode(ContainerDecoder.ofLines(), line(TIME + " stdout F\n")).get("message"))
        .isEqualTo("");
    assertThat(decode(ContainerDecoder.ofLines(), line(TIME + " stdout F:x:y m\n")).get("message"))
        .isEqualTo("m");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "\n\n",
        "\nx\n",
        "x\n",
        TIME + "\n",
        TIME + " stdout\n",
        TIME + " stdxxx F m\n",
        TIME + " stdout X m\n",
        "yesterday stdout F m\n",
        TIME + " stdout P a\ngarbage\n"
      })
  void whatIsNoContainerLineIsMalformed(String text) {
    assertThatThrownBy(() -> decode(ContainerDecoder.ofLines(), line(text)))
        .isInstanceOf(MalformedRecordException.class);
  }

  @Test
  void randomBytesAreDecodedOrMalformedButNeverAnythingElse() {
    long first = System.nanoTime();
    for (int i = 0; i < 20_000; i++) {
      Random random = new Random(first + i);
      byte[] bytes =
          line(
              "\n" + TIME + " stdout P some\n" + TIME + " stdout F text\n" + TIME + " stdout F \n");
      for (int n = random.nextInt(4); n >= 0; n--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      byte[] part = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      try {
        decode(ContainerDecoder.ofLines(), part);
        decode(new LineDecoder(), part);
      } catch (MalformedRecordException e) {
        assertThat(e.getMessage()).as("seed %s", first + i).isNotEmpty();
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + (first + i), e);
      }
    }
  }

  private static byte[] line(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Values decode(Decoder decoder, byte[] record) throws MalformedRecordException {
    Stream stream =
        new Stream(
            "file/x",
            decoder.kind(),
            Map.of("file", "/var/log/x", "namespace", "prod", "pod", "p"));
    return decode(decoder, stream, record);
  }

  private static Values decode(Decoder decoder, Stream stream, byte[] record)
      throws MalformedRecordException {
    byte[] padded = new byte[record.length + 20];
    java.util.Arrays.fill(padded, (byte) ' ');
    System.arraycopy(record, 0, padded, 10, record.length);
    Values row = new Values(decoder.table());
    decoder.decode(stream, padded, 10, 10 + record.length, row);
    return row;
  }

  private static final class KnownPods implements Inventory {
    private final Map<String, Pod> pods = new HashMap<>();
    private final List<String> awaited = new ArrayList<>();

    @Override
    public void await(String cluster, String podUid, long ingestTimeMicros) {
      awaited.add(cluster + "/" + podUid + " " + ingestTimeMicros);
    }

    @Override
    public Optional<Pod> pod(String cluster, String uid) {
      return Optional.ofNullable(pods.get(cluster + "/" + uid));
    }

    @Override
    public Optional<Map<String, String>> namespaceLabels(String cluster, String namespace) {
      return Optional.of(Map.of("of", cluster + "/" + namespace));
    }

    @Override
    public Optional<Map<String, String>> nodeLabels(String cluster, String node) {
      return Optional.of(Map.of("of", cluster + "/" + node));
    }
  }

  private static final class Values implements Row {
    private final Table table;
    private final Map<Integer, @Nullable Object> values = new HashMap<>();

    Values(Table table) {
      this.table = table;
    }

    @Nullable Object get(String column) {
      return values.get(table.index(column));
    }

    boolean isSet(int column) {
      return values.containsKey(column);
    }

    @Override
    public void set(int column, long value) {
      values.put(column, value);
    }

    @Override
    public void set(int column, double value) {
      values.put(column, value);
    }

    @Override
    public void set(int column, @Nullable String value) {
      values.put(column, value);
    }

    @Override
    public void set(int column, byte[] bytes, int from, int to) {
      values.put(column, new String(bytes, from, to - from, StandardCharsets.UTF_8));
    }

    @Override
    public void set(int column, List<String> list) {
      values.put(column, list);
    }

    @Override
    public void set(int column, Map<String, String> map) {
      values.put(column, map);
    }
  }
}
