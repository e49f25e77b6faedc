package dev.purser.sources.events;

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
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventsDecoderTest {
  private static final Stream STREAM = new Stream("s", EventsDecoder.KIND, Map.of());
  private static final String META =
      "{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"7\",\"creationTimestamp\":\"2026-11-23T04:00:00Z\"}";

  private final EventsDecoder decoder = new EventsDecoder();

  @Test
  void fillsEveryColumnOfAnEventOfTheKubelet() throws Exception {
    String event =
        corpus().stream()
            .filter(e -> e.contains("\"reason\":\"BackOff\"") || e.contains("\"Starting\""))
            .findFirst()
            .orElseThrow();
    assertThat(decode(event))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("time", micros("2026-11-23T04:45:07Z")),
                Map.entry("uid", "100968b3-d5b6-45b2-854d-aadb03e182fe"),
                Map.entry("resource_version", "216"),
                Map.entry("type", "Normal"),
                Map.entry("reason", "Starting"),
                Map.entry("kind", "Node"),
                Map.entry("name", "node-1"),
                Map.entry("component", "kubelet"),
                Map.entry("host", "node-1"),
                Map.entry("message", "Starting kubelet."),
                Map.entry("count", 1L),
                Map.entry("first_time", micros("2026-11-23T04:45:07Z")),
                Map.entry("last_time", micros("2026-11-23T04:45:07Z"))));
  }

  @Test
  void fillsTheSameColumnsFromAnEventOfTheScheduler() throws Exception {
    String event =
        corpus().stream().filter(e -> e.contains("\"Scheduled\"")).findFirst().orElseThrow();
    assertThat(decode(event))
        .containsEntry("component", "default-scheduler")
        .containsEntry("host", "default-scheduler-vm")
        .containsEntry("kind", "Pod")
        .containsEntry("namespace", "default")
        .containsEntry("name", "hi")
        .containsEntry("object_uid", "2adc5b5a-d309-4645-b35c-2c7d42714bbb")
        .containsEntry("count", 1L)
        .containsEntry("time", micros("2026-11-23T04:46:23.811781Z"))
        .containsEntry("first_time", micros("2026-11-23T04:46:23.811781Z"))
        .containsEntry("last_time", micros("2026-11-23T04:46:23.811781Z"));
  }

  @Test
  void agreesWithATreeOnTheWholeCorpus() throws Exception {
    assertThat(corpus()).hasSizeGreaterThan(20);
    for (String event : corpus()) {
      JsonNode tree = new ObjectMapper().readTree(event);
      assertThat(decode(event))
          .containsEntry("uid", tree.at("/metadata/uid").asText())
          .containsEntry("resource_version", tree.at("/metadata/resourceVersion").asText())
          .containsEntry("type", tree.at("/type").asText())
          .containsEntry("reason", tree.at("/reason").asText())
          .containsEntry("kind", tree.at("/involvedObject/kind").asText())
          .containsEntry("name", tree.at("/involvedObject/name").asText())
          .containsEntry("message", tree.at("/message").asText())
          .containsEntry("count", Math.max(1, tree.at("/count").asLong()));
    }
  }

  @Test
  void takesCountAndTimeOfASeries() throws Exception {
    assertThat(
            decode(
                META
                    + ",\"series\":{\"count\":9,\"lastObservedTime\":\"2026-11-23T04:10:00.5Z\"},\"count\":3,"
                    + "\"eventTime\":\"2026-11-23T04:05:00.000001Z\",\"lastTimestamp\":\"2026-11-23T04:07:00Z\"}"))
        .containsEntry("count", 9L)
        .containsEntry("time", micros("2026-11-23T04:10:00.5Z"))
        .containsEntry("last_time", micros("2026-11-23T04:10:00.5Z"))
        .containsEntry("first_time", micros("2026-11-23T04:05:00.000001Z"));
  }

  @Test
  void fallsBackToTheTimeOfCreation() throws Exception {
    assertThat(
            decode(
                META
                    + ",\"lastTimestamp\":null,\"eventTime\":null,\"series\":null,\"source\":{},\"count\":\"x\"}"))
        .isEqualTo(
            Map.of(
                "uid",
                "u",
                "resource_version",
                "7",
                "count",
                1L,
                "time",
                micros("2026-11-23T04:00:00Z"),
                "first_time",
                micros("2026-11-23T04:00:00Z"),
                "last_time",
                micros("2026-11-23T04:00:00Z")));
  }

  @Test
  void takesEscapesOut() throws Exception {
    assertThat(decode(META + ",\"message\":\"a \\u003cb\\u003e \\\"c\\\"\\n\"}"))
        .containsEntry("message", "a <b> \"c\"\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[]",
        "x",
        "{\"metadata\":{\"uid\":\"u\"}}",
        "{\"metadata\":null}",
        "{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"7\"}",
        "{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"7\"}}}"
      })
  void refusesWhatIsNoEventAndLeavesTheRowEmpty(String record) {
    FilledRow row = new FilledRow(EventsTable.TABLE);
    byte[] bytes = record.getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> decoder.decode(STREAM, bytes, 0, bytes.length, row))
        .isInstanceOf(MalformedRecordException.class);
    assertThat(row.values()).isEmpty();
  }

  @Test
  void throwsNothingButMalformedRecordOnBrokenEvents() throws Exception {
    long seed = Long.getLong("purser.seed", 20_261_123);
    Random random = new Random(seed);
    List<String> corpus = corpus();
    WatchLine.Parser lines = new WatchLine.Parser();
    int refused = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = corpus.get(random.nextInt(corpus.size())).getBytes(StandardCharsets.UTF_8);
      if (round % 2 == 0) {
        bytes =
            ("{\"type\":\"ADDED\",\"object\":" + new String(bytes, StandardCharsets.UTF_8) + "}")
                .getBytes(StandardCharsets.UTF_8);
      }
      for (int n = random.nextInt(4); n >= 0; n--) {
        int at = random.nextInt(bytes.length);
        if (random.nextInt(4) == 0) {
          bytes = Arrays.copyOf(bytes, Math.max(1, at));
        } else {
          bytes[at] =
              (byte)
                  (random.nextBoolean()
                      ? random.nextInt(256)
                      : "{}[]\",:\\0".charAt(random.nextInt(9)));
        }
      }
      try {
        if (round % 2 == 0) {
          lines.parse(bytes, 0, bytes.length);
        } else {
          decoder.decode(STREAM, bytes, 0, bytes.length, new FilledRow(EventsTable.TABLE));
        }
      } catch (MalformedRecordException e) {
        refused++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed + " round " + round, e);
      }
    }
    assertThat(refused).isBetween(1_000, 19_999);
  }

  private Map<String, Object> decode(String event) throws MalformedRecordException {
    byte[] bytes = ("\"\"" + event + "\n\"").getBytes(StandardCharsets.UTF_8);
    FilledRow row = new FilledRow(EventsTable.TABLE);
    decoder.decode(STREAM, bytes, 2, bytes.length - 1, row);
    return row.values();
  }

  private static long micros(String time) {
    return EpochMicros.of(Instant.parse(time));
  }

  /// Events of a real cluster, as a watch and as a list bring them.
  private static List<String> corpus() throws IOException {
    List<String> events = new ArrayList<>();
    try (InputStream watch = EventsDecoderTest.class.getResourceAsStream("/apiserver-watch.jsonl");
        InputStream list = EventsDecoderTest.class.getResourceAsStream("/apiserver-list.json")) {
      if (watch == null || list == null) {
        throw new IOException("the corpus is missing");
      }
      WatchLine.Parser parser = new WatchLine.Parser();
      for (String line :
          new String(watch.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        if (parser.parse(bytes, 0, bytes.length)
            instanceof WatchLine.Changed(EventVersion version)) {
          events.add(new String(version.json(), StandardCharsets.UTF_8));
        }
      }
      new EventPages()
          .read(
              list.readAllBytes(),
              item -> events.add(new String(item.json(), StandardCharsets.UTF_8)));
    } catch (MalformedRecordException e) {
      throw new IOException(e);
    }
    return events;
  }
}
