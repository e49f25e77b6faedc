package dev.purser.hub;

import dev.purser.core.disk.LocalDisk;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.wal.SegmentLog;
import dev.purser.testkit.IngestContract;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// The hub called directly keeps the contract that it keeps over the network.
class HubIngestTest extends IngestContract {
  @TempDir Path directory;
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
            failure -> {
              throw new AssertionError(failure);
            });
  }

  @AfterEach
  void close() throws IOException {
    log.close();
    ingestion.close();
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
