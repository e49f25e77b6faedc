package dev.purser.agent;

import dev.purser.core.ingest.Ingest;
import dev.purser.core.source.Source;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  private final VolumeMetrics volumes;

  private Agent(
      List<Source> sources, Delivery delivery, StatusReporter reporter, VolumeMetrics volumes) {
    this.sources = sources;
    this.delivery = delivery;
    this.reporter = reporter;
    this.volumes = volumes;
  }

  /// Asks the hub for positions and starts all sources.
  ///
  /// @param sources closed by this agent, in reverse order
  /// @param hub stays its owner's
  /// @param metrics gets this agent's figures
  /// @throws IOException when the hub does not answer and patience has ended
  public static Agent start(
      Settings settings,
      List<Source> sources,
      Ingest hub,
      InstantSource clock,
      PrometheusMeterRegistry metrics)
      throws IOException, InterruptedException {
    Delivery delivery = new Delivery(hub, settings.id(), FRAME_BYTES, settings.patience(), clock);
    AgentMetrics.register(metrics, delivery);
    try {
      delivery.start();
      for (Source source : sources) {
        source.start(delivery);
      }
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      sources.forEach(Source::close);
      delivery.close();
      throw e;
    }
    return new Agent(
        List.copyOf(sources),
        delivery,
        new StatusReporter(
            hub, settings.id().toString(), settings.node(), sources, delivery, clock),
        new VolumeMetrics(metrics.getPrometheusRegistry(), sources, clock));
  }

  /// Reads everything that is there to its end and returns once the hub has it on disk.
  ///
  /// @return what is pending, one line each
  /// @throws IOException when the hub does not answer and patience has ended
  public List<String> drain() throws IOException, InterruptedException {
    try {
      while (true) {
        long sentBack = delivery.counters().conflicts.sum();
        List<String> pending = new ArrayList<>();
        for (Source source : sources) {
          pending.addAll(source.drain());
        }
        delivery.flush();
        // The last that the hub hears of this agent, if it ends now.
        long _ = reporter.report();
        if (delivery.counters().conflicts.sum() == sentBack) {
          return pending;
        }
      }
    } catch (InterruptedException e) {
      Optional<IOException> failure = delivery.failure();
      if (failure.isPresent()) {
        throw failure.get();
      }
      throw e;
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
    volumes.close();
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

  /// Who an agent is, and how it bears a hub that does not answer.
  ///
  /// @param id of its streams; the same after each start
  /// @param node name of its machine
  /// @param patience after which it fails; an agent that shall run waits for ever
  public record Settings(UUID id, String node, Duration patience) {}
}
