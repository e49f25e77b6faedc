package dev.purser.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.LocalDisk;
import dev.purser.core.ingest.Arrivals;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.wal.SegmentLog;
import dev.purser.testkit.Frames;
import dev.purser.testkit.IngestContract;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The hub called directly keeps the contract that it keeps over the network.
class HubIngestTest extends IngestContract {
  @TempDir Path directory;
  private final Heard arrivals = new Heard();
  private SegmentLog log;
  private Ingestion ingestion;

  @BeforeEach
  void open() throws IOException {
    log = SegmentLog.open(new LocalDisk(), directory, new SegmentLog.Limits(1 << 20, 64 << 20), 0);
    ingestion =
        Ingestion.open(
            log,
            InstantSource.system(),
            () -> 0,
            arrivals,
            failure -> {
              throw new AssertionError(failure);
            });
  }

  @AfterEach
  void close() throws IOException {
    log.close();
    ingestion.close();
  }

  @Test
  void tellsWhatItTookAndWhatItWasTold() throws Exception {
    UUID agent = UUID.randomUUID();
    ByteBuffer frame = Frames.frame(agent, Frames.line("a", StreamState.NEW, "one"));
    assertThat(ingestion.append(frame.duplicate())).isInstanceOf(Reply.Accepted.class);
    assertThat(ingestion.append(frame.duplicate())).isInstanceOf(Reply.Conflict.class);
    ingestion.report(agent.toString(), "{}".getBytes(UTF_8));

    assertThat(arrivals.all).containsExactly("a", "{}");
  }

  private static final class Heard implements Arrivals {
    private final List<String> all = new CopyOnWriteArrayList<>();

    @Override
    public void took(Stream stream) {
      all.add(stream.id());
    }

    @Override
    public void heard(byte[] statusJson) {
      all.add(new String(statusJson, UTF_8));
    }
  }

  @Override
  protected Ingest ingest() {
    return ingestion;
  }

  /// Leaves less room in the log than any frame needs.
  @Override
  protected void fill() throws IOException {
    long left = log.maxBytes() - log.sizeBytes();
    while (left > 100) {
      int size = (int) Math.min(left - 64, 8 << 20);
      if (size <= 0) {
        break;
      }
      log.append(0, ByteBuffer.allocate(size), () -> new byte[0]);
      left = log.maxBytes() - log.sizeBytes();
    }
  }
}
