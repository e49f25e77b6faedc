package dev.purser.agent;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.source.Source;
import dev.purser.core.source.StreamProgress;
import dev.purser.core.source.Volume;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the hub every few seconds how far each stream was read and what is wrong, for `purser
/// status`; less often where there is so much to tell that this would cost more than a trifle.
final class StatusReporter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StatusReporter.class);

  private static final long EVERY_NANOS = 2_000_000_000;

  /// Of the time from one report to the next, the part that is spent on reporting: 1/400.
  private static final long TIMES_ITS_COST = 400;

  private static final long SELDOM_NANOS = 60_000_000_000L;

  /// Of more streams, those that lag most are told. Together with what is told of containers and
  /// files this stays below what a hub takes.
  private static final int MOST_STREAMS = 10_000;

  private static final Comparator<StreamProgress> MOST_LAG_FIRST =
      Comparator.comparingLong(StreamProgress::lagBytes).reversed();

  private final Ingest hub;
  private final String agentId;
  private final String node;
  private final List<Source> sources;
  private final Delivery delivery;
  private final InstantSource clock;
  private final JsonFactory format = new JsonFactory();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean failing;

  StatusReporter(
      Ingest hub,
      String agentId,
      String node,
      List<Source> sources,
      Delivery delivery,
      InstantSource clock) {
    this.hub = hub;
    this.agentId = agentId;
    this.node = node;
    this.sources = List.copyOf(sources);
    this.delivery = delivery;
    this.clock = clock;
    this.thread = Thread.ofVirtual().name("status-report").start(this::run);
  }

  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
  }

  private void run() {
    try {
      long before = 0;
      long pause;
      do {
        long cost = report();
        // One alone may have waited for a processor, or be the first, whose code is not compiled.
        pause = Math.clamp(Math.min(cost, before) * TIMES_ITS_COST, EVERY_NANOS, SELDOM_NANOS);
        before = cost;
      } while (!closed.await(pause, TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Reports at once, and sees to it that what a hub which started anew has not is sent again. A
  /// hub that is away, or takes none, is told in the log, once until it takes one again.
  ///
  /// @return nanoseconds that the writing took; the way to the hub costs time, but no work
  long report() throws InterruptedException {
    long began = System.nanoTime();
    byte[] status = json();
    long cost = System.nanoTime() - began;
    try {
      delivery.met(hub.report(agentId, status));
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        LOG.atWarn()
            .addKeyValue("cause", e.getMessage())
            .log("The hub took no status; purser status shows an old one until it does");
      }
      failing = true;
    }
    return cost;
  }

  private byte[] json() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = format.createGenerator(bytes)) {
      write(json, EpochMicros.now(clock));
    } catch (IOException e) {
      throw new UncheckedIOException("memory that cannot be written", e);
    }
    return bytes.toByteArray();
  }

  private void write(JsonGenerator json, long now) throws IOException {
    json.writeStartObject();
    json.writeStringField("node", node);
    writeDelivery(json);
    json.writeArrayFieldStart("problems");
    for (Source source : sources) {
      for (String problem : source.problems()) {
        json.writeString(source.name() + ": " + problem);
      }
    }
    json.writeEndArray();
    writeContainers(json);
    json.writeObjectFieldStart("streams");
    for (StreamProgress each : streams()) {
      write(json, each, now);
    }
    json.writeEndObject();
    json.writeArrayFieldStart("volumes");
    for (Volume each : Volume.of(sources).values()) {
      write(json, each, now);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /// By what the hub judges which containers nobody saw.
  private void writeContainers(JsonGenerator json) throws IOException {
    for (Source source : sources) {
      Map<String, String> all = source.allContainersOf();
      if (!all.isEmpty()) {
        json.writeObjectFieldStart("allContainersOf");
        write(json, all);
        json.writeEndObject();
        break;
      }
    }
    json.writeArrayFieldStart("undecided");
    for (Source source : sources) {
      for (String file : source.undecided()) {
        json.writeString(file);
      }
    }
    json.writeEndArray();
  }

  private List<StreamProgress> streams() {
    List<StreamProgress> all = new ArrayList<>();
    sources.forEach(source -> all.addAll(source.progress()));
    if (all.size() <= MOST_STREAMS) {
      return all;
    }
    all.sort(MOST_LAG_FIRST);
    return all.subList(0, MOST_STREAMS);
  }

  private void writeDelivery(JsonGenerator json) throws IOException {
    DeliveryCounters counters = delivery.counters();
    json.writeObjectFieldStart("delivery");
    json.writeNumberField("receivedRecords", counters.receivedRecords.sum());
    json.writeNumberField("receivedBytes", counters.receivedBytes.sum());
    json.writeNumberField("sentRecords", counters.sentRecords.sum());
    json.writeNumberField("sentBytes", counters.sentBytes.sum());
    json.writeNumberField("conflicts", counters.conflicts.sum());
    json.writeNumberField("errors", counters.errors.sum());
    json.writeNumberField("busy", counters.busy.sum());
    json.writeNumberField("blockedSeconds", counters.blockedNanos.sum() / 1e9);
    json.writeStringField("trouble", delivery.trouble());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, StreamProgress progress, long now)
      throws IOException {
    json.writeObjectFieldStart(progress.streamId());
    json.writeNumberField("lagBytes", progress.lagBytes());
    json.writeNumberField("lagSeconds", seconds(progress.oldestUnreadMicros(), now));
    json.writeObjectFieldStart("context");
    write(json, progress.subject());
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Volume volume, long now) throws IOException {
    json.writeStartObject();
    write(json, volume.subject());
    json.writeNumberField("writtenBytes", volume.writtenBytes());
    json.writeNumberField("readBytes", volume.readBytes());
    json.writeNumberField("deliveredBytes", volume.deliveredBytes());
    json.writeNumberField("lostBytes", volume.lostBytes());
    json.writeNumberField("lagBytes", volume.undeliveredBytes());
    if (volume.unendedBytes() > 0) {
      json.writeNumberField("unendedBytes", volume.unendedBytes());
    }
    json.writeNumberField("lagSeconds", seconds(volume.oldestUnreadMicros(), now));
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Map<String, String> fields) throws IOException {
    for (Map.Entry<String, String> each : fields.entrySet()) {
      json.writeStringField(each.getKey(), each.getValue());
    }
  }

  private static double seconds(long sinceMicros, long now) {
    return sinceMicros == 0 ? 0 : Math.max(0, (now - sinceMicros) / 1e6);
  }
}
