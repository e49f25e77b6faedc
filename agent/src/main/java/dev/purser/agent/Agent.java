package dev.purser.agent;

import dev.purser.core.ingest.Ingest;
import dev.purser.core.source.Source;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The node's part: sources, and their delivery to the hub.
public final class Agent implements AutoCloseable {
  private static final int FRAME_BYTES = 4 << 20;
  private static final Duration FLUSH_DEADLINE = Duration.ofSeconds(5);

  private final List<Source> sources;
  private final Delivery delivery;
  private final StatusReporter reporter;

  private Agent(List<Source> sources, Delivery delivery, StatusReporter reporter) {
    this.sources = sources;
    this.delivery = delivery;
    this.reporter = reporter;
  }

  /// Asks the hub for positions, for as long as it takes, and starts all sources.
  ///
  /// @param sources closed by this agent, in reverse order
  /// @param hub stays its owner's
  /// @param metrics gets this agent's figures
  public static Agent start(
      UUID id,
      String node,
      List<Source> sources,
      Ingest hub,
      InstantSource clock,
      MeterRegistry metrics)
      throws InterruptedException {
    Delivery delivery = new Delivery(hub, id, FRAME_BYTES, clock);
    AgentMetrics.register(metrics, delivery);
    try {
      delivery.start();
      for (Source source : sources) {
        source.start(delivery);
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      sources.forEach(Source::close);
      delivery.close();
      throw e;
    }
    return new Agent(
        List.copyOf(sources),
        delivery,
        new StatusReporter(hub, id.toString(), node, sources, delivery, clock));
  }

  /// Reads everything that is there to its end and returns once the hub has it on disk.
  ///
  /// @return what is pending, one line each
  public List<String> drain() throws InterruptedException {
    while (true) {
      long sentBack = delivery.counters().conflicts.sum();
      List<String> pending = new ArrayList<>();
      for (Source source : sources) {
        pending.addAll(source.drain());
      }
      delivery.flush();
      if (delivery.counters().conflicts.sum() == sentBack) {
        return pending;
      }
    }
  }

  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    for (Source source : sources) {
      source.problems().forEach(problem -> problems.add(source.name() + ": " + problem));
    }
    return problems;
  }

  public DeliveryCounters counters() {
    return delivery.counters();
  }

  /// Stops reading, and gives what was read some seconds to arrive; what does not is read again at
  /// the next start.
  @Override
  public void close() {
    for (Source source : sources.reversed()) {
      source.close();
    }
    flushWithin(FLUSH_DEADLINE);
    reporter.close();
    delivery.close();
  }

  private void flushWithin(Duration deadline) {
    FutureTask<Void> flush =
        new FutureTask<>(() -> {
          delivery.flush();
          return null;
        });
    Thread waiter = Thread.ofVirtual().name("last-flush").start(flush);
    try {
      flush.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      waiter.interrupt();
    }
  }
}
