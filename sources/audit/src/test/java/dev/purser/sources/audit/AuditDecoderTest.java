package dev.purser.sources.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.record.Stream;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.testkit.FilledRow;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditDecoderTest {
  private static final Stream STREAM = new Stream("s", AuditDecoder.KIND, Map.of());
  private static final String HEAD =
      "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"x\"";

  private final AuditDecoder decoder = new AuditDecoder();

  @Test
  void fillsEveryColumnOfARealEvent() throws Exception {
    String line = corpus().stream().filter(l -> l.contains("mallory")).findFirst().orElseThrow();
    assertThat(decode(line))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("time", micros("2026-11-23T04:46:26.195923Z")),
                Map.entry("audit_id", "543c7f73-842d-4876-86a6-413f5612caca"),
                Map.entry("stage", "ResponseComplete"),
                Map.entry("level", "Metadata"),
                Map.entry("verb", "list"),
                Map.entry("user", "mallory"),
                Map.entry("groups", List.of("system:authenticated")),
                Map.entry("user_agent", "kubectl/v0.0.0 (linux/amd64) kubernetes/$Format"),
                Map.entry("source_ips", List.of("127.0.0.1")),
                Map.entry("api_version", "v1"),
                Map.entry("resource", "secrets"),
                Map.entry("namespace", "default"),
                Map.entry("uri", "/api/v1/namespaces/default/secrets?limit=500"),
                Map.entry("code", 403L),
                Map.entry("decision", "forbid"),
                Map.entry("reason", ""),
                Map.entry("latency_ms", 1.05)));
  }

  @Test
  void agreesWithATreeOnTheWholeCorpus() throws Exception {
    for (String line : corpus()) {
      assertThat(decode(line)).as(line).isEqualTo(fromTree(line));
    }
  }

  @Test
  void takesFieldsInAnyOrderAndIgnoresUnknownOnes() throws Exception {
    assertThat(
            decode(
                "{\"later\":{\"kind\":\"Other\",\"auditID\":1},\"objectRef\":{\"uid\":\"u\",\"name\":\"n\"},"
                    + "\"auditID\":\"a\",\"list\":[[{}],[]],\"apiVersion\":\"audit.k8s.io/v1\",\"kind\":\"Event\"}"))
        .isEqualTo(Map.of("name", "n", "audit_id", "a"));
  }

  @Test
  void passesOverFieldsOfAnotherType() throws Exception {
    assertThat(
            decode(
                HEAD
                    + ",\"verb\":7,\"user\":null,\"objectRef\":[],\"sourceIPs\":\"no\",\"stage\":{},"
                    + "\"responseStatus\":{\"code\":\"200\"},\"stageTimestamp\":\"yesterday\",\"annotations\":true}"))
        .isEqualTo(Map.of("audit_id", "x"));
    assertThat(
            decode(HEAD + ",\"responseStatus\":{\"code\":12345678901},\"sourceIPs\":[1,\"::1\"]}"))
        .isEqualTo(Map.of("audit_id", "x", "source_ips", List.of("::1")));
  }

  @Test
  void lastOfDuplicateFieldsCounts() throws Exception {
    assertThat(
            decode(
                HEAD
                    + ",\"verb\":\"get\",\"verb\":\"delete\",\"user\":{\"username\":\"a\",\"username\":\"b\"}}"))
        .isEqualTo(Map.of("audit_id", "x", "verb", "delete", "user", "b"));
    assertThat(decode(HEAD + ",\"verb\":\"get\",\"verb\":null}"))
        .isEqualTo(Map.of("audit_id", "x"));
  }

  @Test
  void takesEscapesOut() throws Exception {
    assertThat(
            decode(
                HEAD
                    + ",\"requestURI\":\"/a?b\\u0026c\",\"userAgent\":\"\\ud83d\\ude00 \\\"\\u0000\"}"))
        .isEqualTo(Map.of("audit_id", "x", "uri", "/a?b&c", "user_agent", "😀 \"\0"));
  }

  /// A patch's body stands in the event as it was sent: none of this may keep the event out of its
  /// table.
  @Test
  void survivesWhatARequestCanBringIn() throws Exception {
    List<String> bodies =
        List.of(
            "[".repeat(10_000) + "]".repeat(10_000),
            "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000),
            "{\"" + "n".repeat(1_000_000) + "\":1}",
            "1".repeat(100_000),
            "\"" + "s".repeat(1_000_000) + "\"",
            "{\"a\":1,\"a\":2}",
            "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"forged\"}");
    for (String body : bodies) {
      assertThat(decode(HEAD + ",\"requestObject\":" + body + ",\"verb\":\"patch\"}"))
          .isEqualTo(Map.of("audit_id", "x", "verb", "patch"));
    }
    byte[] line = bytes(HEAD + ",\"requestObject\":\"????\",\"verb\":\"patch\"}");
    for (int i = 0; i < line.length; i++) {
      if (line[i] == '?') {
        line[i] = (byte) 0xff;
      }
    }
    assertThat(decode(line)).isEqualTo(Map.of("audit_id", "x", "verb", "patch"));
  }

  @Test
  void goesThroughAMillionDifferentNamesInLinearTime() throws Exception {
    StringBuilder body = new StringBuilder("{");
    for (int i = 0; i < 1_000_000; i++) {
      body.append('"').append(Integer.toString(i, 36)).append("\":0,");
    }
    assertThat(decode(HEAD + ",\"requestObject\":" + body + "\"end\":0}}")).containsKey("audit_id");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "null",
        "[]",
        "{}",
        "plain text",
        "{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"auditID\":\"x\"}",
        "{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"x\"}",
        "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\"}",
        "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"\"}",
        "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"x\"",
        "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"x\"} {}",
        "\u0000\u0000{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"x\"}"
      })
  void refusesWhatIsNoAuditEventAndLeavesTheRowEmpty(String line) {
    FilledRow row = new FilledRow(AuditTable.TABLE);
    byte[] bytes = bytes(line);
    assertThatThrownBy(() -> decoder.decode(STREAM, bytes, 0, bytes.length, row))
        .isInstanceOf(MalformedRecordException.class);
    assertThat(row.values()).isEmpty();
  }

  @Test
  void throwsNothingButMalformedRecordOnBrokenEvents() throws Exception {
    long seed = Long.getLong("purser.seed", 20_261_123);
    Random random = new Random(seed);
    List<String> corpus = corpus();
    int refused = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] line = mutate(bytes(corpus.get(random.nextInt(corpus.size()))), random);
      try {
        decode(line);
      } catch (MalformedRecordException e) {
        refused++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed + " round " + round, e);
      }
    }
    assertThat(refused).isBetween(1_000, 19_999);
  }

  private static byte[] mutate(byte[] line, Random random) {
    byte[] bytes = line;
    for (int n = random.nextInt(4); n >= 0; n--) {
      int at = random.nextInt(bytes.length);
      int until = Math.min(bytes.length, at + random.nextInt(40));
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] = (byte) "{}[]\",:\\0".charAt(random.nextInt(9));
        case 2 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
        case 3 -> Arrays.fill(bytes, at, until, (byte) "[\"\\9".charAt(random.nextInt(4)));
        default -> {
          byte[] copy = Arrays.copyOf(bytes, bytes.length + until - at);
          System.arraycopy(bytes, at, copy, until, bytes.length - at);
          bytes = copy;
        }
      }
    }
    return bytes;
  }

  private Map<String, Object> decode(String line) throws MalformedRecordException {
    return decode(bytes(line));
  }

  private Map<String, Object> decode(byte[] line) throws MalformedRecordException {
    byte[] slab = new byte[line.length + 20];
    Arrays.fill(slab, (byte) '"');
    System.arraycopy(line, 0, slab, 10, line.length);
    FilledRow row = new FilledRow(AuditTable.TABLE);
    decoder.decode(STREAM, slab, 10, 10 + line.length, row);
    return row.values();
  }

  /// The plain way, by the documented schema.
  private static Map<String, Object> fromTree(String line) throws IOException {
    JsonNode event = new ObjectMapper().readTree(line);
    Map<String, Object> row = new LinkedHashMap<>();
    long stage = micros(event.path("stageTimestamp").asText());
    long received = micros(event.path("requestReceivedTimestamp").asText());
    row.put("time", stage);
    row.put("latency_ms", (stage - received) / 1000.0);
    text(row, "audit_id", event.at("/auditID"));
    text(row, "stage", event.at("/stage"));
    text(row, "level", event.at("/level"));
    text(row, "verb", event.at("/verb"));
    text(row, "user", event.at("/user/username"));
    list(row, "groups", event.at("/user/groups"));
    text(row, "user_agent", event.at("/userAgent"));
    list(row, "source_ips", event.at("/sourceIPs"));
    text(row, "api_group", event.at("/objectRef/apiGroup"));
    text(row, "api_version", event.at("/objectRef/apiVersion"));
    text(row, "resource", event.at("/objectRef/resource"));
    text(row, "subresource", event.at("/objectRef/subresource"));
    text(row, "namespace", event.at("/objectRef/namespace"));
    text(row, "name", event.at("/objectRef/name"));
    text(row, "uri", event.at("/requestURI"));
    text(row, "decision", event.path("annotations").path("authorization.k8s.io/decision"));
    text(row, "reason", event.path("annotations").path("authorization.k8s.io/reason"));
    if (event.at("/responseStatus/code").isInt()) {
      row.put("code", event.at("/responseStatus/code").asLong());
    }
    return row;
  }

  private static void text(Map<String, Object> row, String column, JsonNode value) {
    if (value.isTextual()) {
      row.put(column, value.asText());
    }
  }

  private static void list(Map<String, Object> row, String column, JsonNode values) {
    List<String> texts = new ArrayList<>();
    values.forEach(value -> texts.add(value.asText()));
    if (!texts.isEmpty()) {
      row.put(column, texts);
    }
  }

  private static long micros(String time) {
    return EpochMicros.of(Instant.parse(time));
  }

  /// Lines of a real API server (Kubernetes 1.35).
  static List<String> corpus() throws IOException {
    try (InputStream file = AuditDecoderTest.class.getResourceAsStream("/apiserver-audit.log")) {
      if (file == null) {
        throw new IOException("apiserver-audit.log is missing");
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
