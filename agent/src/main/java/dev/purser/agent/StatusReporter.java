package dev.purser.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.record.EpochMicros;
import dev.purser.core.source.Source;
import dev.purser.core.source.StreamProgress;
import dev.purser.core.source.Volume;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Tells the hub every few seconds how far each stream was read and what is wrong, for `purser
/// status`.
final class StatusReporter implements AutoCloseable {
  private static final long EVERY_MILLIS = 2_000;

  private final Ingest hub;
  private final String agentId;
  private final String node;
  private final List<Source> sources;
  private final Delivery delivery;
  private final InstantSource clock;
  private final ObjectMapper mapper = new ObjectMapper();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

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
      do {
        report();
      } while (!closed.await(EVERY_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Reports at once.
  void report() throws InterruptedException {
    try {
      hub.report(agentId, json());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a status that cannot be written", e);
    } catch (IOException e) {
      // The hub is away: delivery says so, and the next report comes soon.
      return;
    }
  }

  private byte[] json() throws JsonProcessingException {
    long now = EpochMicros.now(clock);
    ObjectNode status = mapper.createObjectNode().put("node", node);
    DeliveryCounters counters = delivery.counters();
    status
        .putObject("delivery")
        .put("receivedRecords", counters.receivedRecords.sum())
        .put("receivedBytes", counters.receivedBytes.sum())
        .put("sentRecords", counters.sentRecords.sum())
        .put("sentBytes", counters.sentBytes.sum())
        .put("conflicts", counters.conflicts.sum())
        .put("errors", counters.errors.sum())
        .put("busy", counters.busy.sum())
        .put("blockedSeconds", counters.blockedNanos.sum() / 1e9)
        .put("trouble", delivery.trouble());
    ArrayNode problems = status.putArray("problems");
    ObjectNode streams = status.putObject("streams");
    ArrayNode volumes = status.putArray("volumes");
    for (Source source : sources) {
      source.problems().forEach(problem -> problems.add(source.name() + ": " + problem));
      source.volumes().forEach(volume -> volumes.add(json(volume, now)));
      for (StreamProgress progress : source.progress()) {
        long oldest = progress.oldestUnreadMicros();
        streams
            .putObject(progress.stream().id())
            .put("readBytes", progress.readBytes())
            .put("sizeBytes", progress.sizeBytes())
            .put("lagBytes", progress.lagBytes())
            .put("lagSeconds", seconds(oldest, now))
            .set("context", mapper.valueToTree(progress.stream().context()));
      }
    }
    return mapper.writeValueAsBytes(status);
  }

  private ObjectNode json(Volume volume, long now) {
    ObjectNode json = mapper.createObjectNode();
    volume.subject().forEach(json::put);
    return json.put("writtenBytes", volume.writtenBytes())
        .put("readBytes", volume.readBytes())
        .put("deliveredBytes", volume.deliveredBytes())
        .put("lostBytes", volume.lostBytes())
        .put("lagBytes", volume.undeliveredBytes())
        .put("lagSeconds", seconds(volume.oldestUnreadMicros(), now));
  }

  private static double seconds(long sinceMicros, long now) {
    return sinceMicros == 0 ? 0 : Math.max(0, (now - sinceMicros) / 1e6);
  }
}
