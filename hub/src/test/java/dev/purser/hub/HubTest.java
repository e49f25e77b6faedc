package dev.purser.hub;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.core.config.DataSize;
import dev.purser.core.config.Section;
import dev.purser.core.disk.LocalDisk;
import dev.purser.core.ingest.Arrivals;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.StreamState;
import dev.purser.lake.LakeConfig;
import dev.purser.testkit.Frames;
import dev.purser.transport.ListenAddress;
import dev.purser.transport.Tokens;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubTest {
  private static final UUID AGENT = new UUID(7, 7);

  @TempDir Path data;

  private final List<Exception> fatal = new ArrayList<>();

  @Test
  void makesDamageOfItsLogOneGapOfTheExactRange() throws Exception {
    long from;
    long to;
    StreamState state = StreamState.NEW;
    try (Hub hub = open()) {
      state = append(hub, state, "one");
      from = durable(hub);
      state = append(hub, state, "two");
      to = durable(hub);
      state = append(hub, state, "three");
      awaitRows(hub, 3);
    }
    flip(data.resolve("wal/0000000000000000.wal"), from + 30);
    try (Hub hub = open()) {
      awaitRows(hub, 3);
      assertOneDamage(hub, from, to);
      assertThat(hub.ingest().streams(AGENT.toString())).containsEntry("a", state);
      append(hub, state, "four");
      awaitRows(hub, 4);
    }
    assertThat(fatal).isEmpty();
  }

  @Test
  void makesDamageAtTheEndOfItsLogAGapAndTakesItsRecordsAgain() throws Exception {
    long from;
    long to;
    StreamState before;
    try (Hub hub = open()) {
      before = append(hub, StreamState.NEW, "one");
      from = durable(hub);
      append(hub, before, "two");
      to = durable(hub);
      awaitRows(hub, 2);
    }
    flip(data.resolve("wal/0000000000000000.wal"), from + 30);
    try (Hub hub = open()) {
      awaitRows(hub, 2);
      assertThat(hub.ingest().streams(AGENT.toString())).containsEntry("a", before);
      append(hub, before, "two");
      awaitRows(hub, 3);
    }
    try (Hub hub = open()) {
      awaitRows(hub, 3);
      assertThat(assertOneDamage(hub, from, to)).contains("a copy is in");
    }
    assertThat(fatal).isEmpty();
  }

  @Test
  void damageOfWhatIsInTheTablesNeitherLosesNorRepeatsARow() throws Exception {
    long from;
    long end;
    StreamState after;
    try (Hub hub = open("commitEvery: 1s")) {
      StreamState before = append(hub, StreamState.NEW, "one");
      from = durable(hub);
      after = append(hub, before, "two");
      end = durable(hub);
      Path head = data.resolve("wal/head");
      while (!Files.exists(head) || ByteBuffer.wrap(Files.readAllBytes(head)).getLong(24) < end) {
        Thread.onSpinWait();
      }
    }
    flip(data.resolve("wal/0000000000000000.wal"), from + 30);
    try (Hub hub = open("commitEvery: 1s")) {
      assertThat(hub.ingest().streams(AGENT.toString())).containsEntry("a", after);
      append(hub, after, "three");
      awaitRows(hub, 3);
    }
    assertThat(fatal).isEmpty();
  }

  @Test
  void promisesNoCopyOfDamageWhereNoneCanBeKept() throws Exception {
    long from;
    try (Hub hub = open()) {
      StreamState before = append(hub, StreamState.NEW, "one");
      from = durable(hub);
      append(hub, append(hub, before, "two"), "three");
      awaitRows(hub, 3);
    }
    flip(data.resolve("wal/0000000000000000.wal"), from + 30);
    Files.createFile(data.resolve("wal/quarantine"));
    try (Hub hub = open()) {
      awaitRows(hub, 3);
      assertThat(sql(hub, "SELECT detail FROM gaps WHERE reason = 'wal_damaged'").toString())
          .contains("no copy could be kept");
    }
    assertThat(fatal).isEmpty();
  }

  @Test
  void tellsItsStreamsAndFigures() throws Exception {
    try (Hub hub = open()) {
      append(hub, StreamState.NEW, "one");
      awaitRows(hub, 1);
      JsonNode status = new ObjectMapper().readTree(hub.status());
      assertThat(status.path("streams").get(0).path("stream").asText()).isEqualTo("a");
      assertThat(status.path("streams").get(0).path("records").asLong()).isEqualTo(1);
      assertThat(status.path("streams").get(0).path("gaps").asLong()).isZero();
      assertThat(hub.metrics()).contains("purser_hub_records_total 1.0", "purser_wal_bytes");
    }
  }

  private Hub open() throws Exception {
    return open("");
  }

  private Hub open(String lake) throws Exception {
    HubSettings settings =
        new HubSettings(
            ListenAddress.parse("127.0.0.1:0"),
            LakeConfig.read(Section.parse("test", lake)),
            DataSize.ofMegabytes(64),
            Tokens.Files.NONE);
    return Hub.open(
        data,
        settings,
        List.of(),
        new LocalDisk(),
        InstantSource.system(),
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
        Arrivals.IGNORED,
        fatal::add);
  }

  private static StreamState append(Hub hub, StreamState state, String text) throws Exception {
    RecordBatch batch = Frames.line("a", state, text);
    assertThat(hub.ingest().append(Frames.frame(AGENT, batch))).isInstanceOf(Reply.Accepted.class);
    return batch.after();
  }

  private static long durable(Hub hub) throws IOException {
    return new ObjectMapper().readTree(hub.status()).path("wal").path("durable").asLong();
  }

  /// Without a decoder every record is a row of `gaps`.
  private static void awaitRows(Hub hub, int count) throws Exception {
    while (sql(hub, "SELECT * FROM gaps").size() < count) {
      Thread.onSpinWait();
    }
    assertThat(sql(hub, "SELECT * FROM gaps")).hasSize(count);
  }

  private static JsonNode sql(Hub hub, String query) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    hub.query(query, out);
    return new ObjectMapper().readTree(out.toByteArray());
  }

  /// The damaged range of the log is a gap, and the only one of its kind.
  ///
  /// @return what it says
  private static String assertOneDamage(Hub hub, long from, long to) throws Exception {
    JsonNode gaps =
        sql(
            hub,
            "SELECT from_position, to_position, detail FROM gaps WHERE reason = 'wal_damaged'");
    assertThat(gaps).hasSize(1);
    assertThat(gaps.get(0).path("from_position").asText()).isEqualTo(Long.toString(from));
    assertThat(gaps.get(0).path("to_position").asText()).isEqualTo(Long.toString(to));
    return gaps.get(0).path("detail").asText();
  }

  private static void flip(Path file, long offset) throws IOException {
    assertThat(Files.exists(file)).isTrue();
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, offset);
      one.put(0, (byte) (one.get(0) ^ 1)).flip();
      channel.write(one, offset);
    }
  }
}
