package dev.purser.hub;

import dev.purser.core.config.DataSize;
import dev.purser.core.disk.Disk;
import dev.purser.core.ingest.Arrivals;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.table.Decoder;
import dev.purser.core.wal.SegmentLog;
import dev.purser.lake.Lake;
import dev.purser.lake.QueryException;
import dev.purser.lake.QueryLimits;
import dev.purser.lake.QueryResult;
import dev.purser.transport.CertificatePin;
import dev.purser.transport.HubApi;
import dev.purser.transport.HubIdentity;
import dev.purser.transport.HubServer;
import dev.purser.transport.QueryRejected;
import dev.purser.transport.Tokens;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// The hub: takes frames into its log, carries them into the lake, answers queries. Closing it
/// waits for what is under way, and commits.
public final class Hub implements HubApi, AutoCloseable {
  private static final long SEGMENT_BYTES = 64L << 20;
  private static final int SEGMENTS_AT_LEAST = 8;
  private static final QueryLimits LIMITS = new QueryLimits(1_000_000, Duration.ofMinutes(2));

  private final SegmentLog log;
  private final Lake lake;
  private final Ingestion ingestion;
  private final Drain drain;
  private final HubStatus status;
  private final Tailing tailing;
  private final PrometheusMeterRegistry metrics;
  private final HubServer server;
  private final CertificatePin certificate;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Hub(
      SegmentLog log,
      Lake lake,
      Ingestion ingestion,
      Drain drain,
      PrometheusMeterRegistry metrics,
      HubIdentity identity,
      Tokens tokens,
      HubSettings settings)
      throws IOException {
    this.log = log;
    this.lake = lake;
    this.ingestion = ingestion;
    this.drain = drain;
    this.metrics = metrics;
    this.certificate = identity.certSha256();
    this.status = new HubStatus(log, lake, ingestion);
    this.tailing = new Tailing(lake.tails());
    this.server = new HubServer(settings.listen(), identity, tokens, this);
  }

  /// Opens log and lake in a data directory, and listens.
  ///
  /// @param arrivals hears what it takes
  /// @param onFatal called at most once, when the hub cannot go on and must be closed; the message
  ///   is for the operator
  public static Hub open(
      Path data,
      HubSettings settings,
      List<Decoder> decoders,
      Disk disk,
      InstantSource clock,
      PrometheusMeterRegistry metrics,
      Arrivals arrivals,
      Consumer<Exception> onFatal)
      throws IOException {
    long now = EpochMicros.now(clock);
    AtomicBoolean told = new AtomicBoolean();
    Consumer<Exception> once =
        failure -> {
          if (told.compareAndSet(false, true)) {
            onFatal.accept(failure);
          }
        };
    HubIdentity identity =
        HubIdentity.open(
            data, disk, List.of(InetAddress.getLocalHost().getHostName()), clock.instant());
    Tokens tokens = Tokens.open(data, disk, settings.tokens());
    Deque<AutoCloseable> opened = new ArrayDeque<>();
    try {
      SegmentLog log = SegmentLog.open(disk, data.resolve("wal"), limits(settings.walBytes()), now);
      opened.push(log);
      Lake lake = Lake.open(data.resolve("lake"), settings.lake(), decoders, log.id(), disk, clock);
      opened.push(lake);
      checkLogIsWhole(log, lake, data);
      Ingestion ingestion = Ingestion.open(log, clock, lake::committed, arrivals, once::accept);
      // Ended by the closing of the log.
      opened.addLast(ingestion);
      Drain drain = new Drain(log, lake, ingestion::positions, clock, once);
      HubMetrics.register(metrics, log, lake, ingestion);
      Hub hub = new Hub(log, lake, ingestion, drain, metrics, identity, tokens, settings);
      drain.start();
      return hub;
    } catch (IOException | RuntimeException e) {
      closeAll(opened, e);
      throw e;
    }
  }

  /// What agents and clients pin.
  public CertificatePin certificate() {
    return certificate;
  }

  public InetSocketAddress address() {
    return server.address();
  }

  @Override
  public Ingest ingest() {
    return ingestion;
  }

  @Override
  public void query(String sql, OutputStream jsonArrayOut) throws QueryRejected, IOException {
    try (JsonRows rows = new JsonRows(jsonArrayOut)) {
      QueryResult result = lake.query(sql, LIMITS, rows);
      if (result.truncated()) {
        throw new QueryRejected("more than " + LIMITS.rows() + " rows: add a LIMIT");
      }
      rows.finish();
    } catch (QueryException e) {
      throw new QueryRejected(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public void tail(String request, OutputStream jsonOut)
      throws QueryRejected, IOException, InterruptedException {
    tailing.answer(request, jsonOut);
  }

  @Override
  public byte[] status() {
    return status.json();
  }

  @Override
  public byte[] tables() {
    return status.tablesJson();
  }

  @Override
  public String metrics() {
    return metrics.scrape();
  }

  @Override
  public void close() throws IOException {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    // Those who wait would keep the server from closing.
    tailing.close();
    server.close();
    drain.close();
    log.close();
    ingestion.close();
    lake.close();
  }

  /// Segments small enough that a full log can give up all but the last of them.
  private static SegmentLog.Limits limits(DataSize walBytes) {
    return new SegmentLog.Limits(
        Math.min(SEGMENT_BYTES, walBytes.bytes() / SEGMENTS_AT_LEAST), walBytes.bytes());
  }

  /// A lake that is ahead of its log would skip the records to come as if it had them.
  private static void checkLogIsWhole(SegmentLog log, Lake lake, Path data) throws IOException {
    if (lake.storedUpTo() > log.end()) {
      throw new IOException(
          "the write-ahead log in "
              + data.resolve("wal")
              + " ends at offset "
              + log.end()
              + ", but the lake holds records of it up to "
              + lake.storedUpTo()
              + ": bring back the newer log, or move the whole data directory away");
    }
  }

  private static void closeAll(Deque<AutoCloseable> opened, Exception cause) {
    for (AutoCloseable part : opened) {
      try {
        part.close();
      } catch (Exception e) {
        cause.addSuppressed(e);
      }
    }
  }
}
