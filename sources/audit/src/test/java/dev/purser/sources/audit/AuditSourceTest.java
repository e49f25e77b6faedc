package dev.purser.sources.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.config.Section;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.Lane;
import dev.purser.core.source.Outbox;
import dev.purser.core.source.Source;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.sources.logs.AgentHome;
import dev.purser.sources.logs.Claims;
import dev.purser.sources.logs.LogContext;
import dev.purser.sources.logs.ReaderPool;
import dev.purser.testkit.FilledRow;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AuditSourceTest {
  @TempDir Path directory;

  @Test
  void readsRotatedSiblingsOldestFirst() throws Exception {
    List<String> lines = AuditDecoderTest.corpus();
    write("audit-2026-11-23T04-38-02.000.log", lines.subList(10, 20));
    write("audit-2026-11-22T23-59-59.999.log", lines.subList(0, 10));
    write("audit.log", lines.subList(20, 51));
    assertThat(read()).isEqualTo(lines.stream().map(line -> line + "\n").toList());
  }

  @Test
  void tornBytesAreOneRecordAndTheWholeEventBehindThemAnother() throws Exception {
    List<String> lines = AuditDecoderTest.corpus();
    String torn = lines.get(3).substring(0, 300);
    Files.writeString(
        directory.resolve("audit.log"),
        lines.get(0) + "\n" + torn + lines.get(1) + "\n" + torn + "\n" + lines.get(2) + "\n");
    List<String> records = read();
    assertThat(records)
        .containsExactly(
            lines.get(0) + "\n", torn, lines.get(1) + "\n", torn + "\n", lines.get(2) + "\n");
    assertThat(records.stream().map(AuditSourceTest::decodes))
        .containsExactly(true, false, true, false, true);
  }

  @Test
  void manyTornLinesAtOnceKeepEveryByteAndEveryEvent() throws Exception {
    List<String> lines = AuditDecoderTest.corpus();
    StringBuilder log = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      String event =
          "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"" + i + "\"}\n";
      String torn = lines.get(i % lines.size()).substring(0, 45 + i % 200);
      log.append(torn).append(event);
      expected.add(torn);
      expected.add(event);
    }
    Files.writeString(directory.resolve("audit.log"), log);
    assertThat(read()).isEqualTo(expected);
  }

  private static boolean decodes(String record) {
    byte[] bytes = record.getBytes(StandardCharsets.UTF_8);
    try {
      new AuditDecoder()
          .decode(
              new Stream("s", AuditDecoder.KIND, Map.of()),
              bytes,
              0,
              bytes.length,
              new FilledRow(AuditTable.TABLE));
      return true;
    } catch (MalformedRecordException e) {
      return false;
    }
  }

  private void write(String name, List<String> lines) throws Exception {
    Files.write(directory.resolve(name), lines);
  }

  private List<String> read() throws Exception {
    Section sources =
        Section.parse("test", "audit: { files: [\"" + directory.resolve("audit.log") + "\"] }");
    AuditConfig config = AuditConfig.read(sources.section("audit"));
    sources.throwFaults("test");
    Received received = new Received();
    // Without readers of its own: what drains reads one file after the other.
    try (ReaderPool readers = new ReaderPool(0);
        Source source =
            AuditSource.of(
                config.source(new AgentHome(Path.of("/nowhere"), true)),
                LogContext.ofFiles(Map.of()),
                new Claims(),
                readers,
                InstantSource.system())) {
      source.start(received);
      assertThat(source.drain()).isEmpty();
    }
    return received.records();
  }

  /// Keeps records in the order in which they come.
  private static final class Received implements Outbox {
    private final List<String> records = new ArrayList<>();
    private final Map<String, StreamState> states = new HashMap<>();

    synchronized List<String> records() {
      return List.copyOf(records);
    }

    @Override
    public String agentId() {
      return "agent";
    }

    @Override
    public Map<String, StreamState> known() {
      return Map.of();
    }

    @Override
    public void flush() {}

    @Override
    public Lane open(Stream stream, StreamState start, Runnable wake) {
      return new Lane() {
        @Override
        public boolean send(RecordBatch batch) {
          synchronized (Received.this) {
            if (!state().accepts(batch)) {
              return false;
            }
            states.put(stream.id(), batch.after());
            if (batch.payload() instanceof Records taken) {
              for (int i = 0; i < taken.count(); i++) {
                byte[] bytes =
                    taken
                        .data()
                        .asSlice(taken.start(i), taken.end(i) - taken.start(i))
                        .toArray(ValueLayout.JAVA_BYTE);
                records.add(new String(bytes, StandardCharsets.UTF_8));
              }
            }
            return true;
          }
        }

        @Override
        public StreamState state() {
          synchronized (Received.this) {
            return states.getOrDefault(stream.id(), start);
          }
        }

        @Override
        public StreamState durable() {
          return state();
        }

        @Override
        public void close() {}
      };
    }
  }
}
