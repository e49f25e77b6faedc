package dev.purser.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.StreamProgress;
import dev.purser.core.source.Volume;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StatusReporterTest {
  /// What a hub takes: docs/formats/transport.md.
  private static final int MOST_BYTES = 16 << 20;

  @Test
  void aNodeOfManyFilesFitsIntoAReportThoseThatLagAmongThem() throws Exception {
    StreamProgress lags = new StreamProgress("file/lags", subject(0), 100, 200, 1);
    List<StreamProgress> streams =
        IntStream.rangeClosed(0, 30_000)
            .mapToObj(
                i -> i == 30_000 ? lags : new StreamProgress("file/" + i, subject(i), 200, 200, 0))
            .toList();
    List<Volume> volumes =
        IntStream.range(0, 20_000)
            .mapToObj(i -> new Volume(subject(i), 1L << 40, 1L << 40, 1L << 40, 0, 0, 0))
            .toList();
    byte[] report = report(streams, volumes);
    assertThat(report.length).isLessThan(MOST_BYTES);
    JsonNode told = new ObjectMapper().readTree(report);
    assertThat(told.path("node").asText()).isEqualTo("node-1");
    assertThat(told.path("volumes")).hasSize(20_000);
    JsonNode stream = told.path("streams").path("file/lags");
    assertThat(stream.path("lagBytes").asLong()).isEqualTo(100);
    assertThat(stream.path("context").path("pod").asText()).isEqualTo("checkout-7d9f8b6c5-0");
    assertThat(told.path("streams").size()).isBetween(5_000, 20_000);
  }

  private static Map<String, String> subject(int i) {
    return Map.of(
        "namespace",
        "a-namespace-of-some-team",
        "pod",
        "checkout-7d9f8b6c5-" + i,
        "pod_uid",
        new UUID(i, i).toString(),
        "container",
        "application",
        "file",
        "/var/log/pods/a-namespace-of-some-team_checkout_" + new UUID(i, i) + "/application/0.log");
  }

  private static byte[] report(List<StreamProgress> streams, List<Volume> volumes)
      throws InterruptedException {
    Reports hub = new Reports();
    try (Delivery delivery =
            new Delivery(hub, new UUID(0, 1), 256, Duration.ZERO, InstantSource.system());
        StatusReporter _ =
            new StatusReporter(
                hub,
                "agent",
                "node-1",
                List.of(new ToldSource(streams, volumes)),
                delivery,
                InstantSource.system())) {
      return hub.taken.take();
    }
  }

  /// Takes reports alone.
  private static final class Reports implements Ingest {
    private final BlockingQueue<byte[]> taken = new LinkedBlockingQueue<>();

    @Override
    public Map<String, StreamState> streams(String agentId) {
      return Map.of();
    }

    @Override
    public Reply append(ByteBuffer frame) throws IOException {
      throw new IOException("no frames are expected");
    }

    @Override
    public UUID report(String agentId, byte[] statusJson) {
      taken.add(statusJson);
      return new UUID(0, 2);
    }

    @Override
    public void close() {}
  }
}
