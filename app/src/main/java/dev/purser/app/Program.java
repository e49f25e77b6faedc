package dev.purser.app;

import dev.purser.agent.Agent;
import dev.purser.agent.AgentIdentity;
import dev.purser.core.disk.Disk;
import dev.purser.core.disk.LocalDisk;
import dev.purser.core.ingest.Arrivals;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.objects.Inventory;
import dev.purser.core.source.Source;
import dev.purser.core.table.Decoder;
import dev.purser.hub.Hub;
import dev.purser.hub.HubSettings;
import dev.purser.sources.audit.AuditDecoder;
import dev.purser.sources.events.EventsDecoder;
import dev.purser.sources.logs.ContainerDecoder;
import dev.purser.sources.logs.LineDecoder;
import dev.purser.sources.objects.LiveInventory;
import dev.purser.sources.objects.ObjectsConfig;
import dev.purser.sources.objects.UnseenContainers;
import dev.purser.transport.HubClient;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The parts of a running `purser`, wired in [#start] and closed in reverse order.
final class Program implements AutoCloseable {
  /// Which parts run in this process.
  enum Role {
    /// Agent and hub.
    UP,
    AGENT,
    HUB
  }

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Config config;
  private final Duration patience;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private List<Path> stranded = List.of();
  private Optional<Agent> agent = Optional.empty();
  private Optional<Session> session = Optional.empty();

  private Program(Config config, Duration patience) {
    this.config = config;
    this.patience = patience;
  }

  /// Starts the parts of a role.
  ///
  /// @param onFatal called when a part cannot go on, with a message for the operator; the program
  ///   must then be closed
  static Program start(Config config, Role role, Consumer<Exception> onFatal)
      throws UserError, InterruptedException {
    return start(config, role, ChronoUnit.FOREVER.getDuration(), onFatal);
  }

  /// As [#start(Config, Role, Consumer)].
  ///
  /// @param patience how long a hub may be without an answer
  static Program start(Config config, Role role, Duration patience, Consumer<Exception> onFatal)
      throws UserError, InterruptedException {
    Program program = new Program(config, patience);
    try {
      program.wire(role, onFatal);
      return program;
    } catch (IOException e) {
      program.close();
      throw new UserError(ExitCode.FAILED, "cannot start: " + reason(e, config.data()));
    } catch (UserError | InterruptedException | RuntimeException | Error e) {
      program.close();
      throw e;
    }
  }

  /// The agent; empty in a hub without sources of its own.
  Optional<Agent> agent() {
    return agent;
  }

  /// How to reach the hub; empty in an agent.
  Optional<Session> session() {
    return session;
  }

  /// The spools that no source of the config reads.
  List<Path> stranded() {
    return stranded;
  }

  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        System.err.println("purser: while stopping: " + e.getMessage());
      }
    }
  }

  /// The system's own words name neither the place nor the remedy.
  private static String reason(IOException e, Path data) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("No space left on device") || message.contains("SQLITE_FULL")) {
      return "the disk of "
          + data
          + " is full: free some of it, or name another directory with --data";
    }
    return e instanceof FileSystemException fault
        ? fault.getFile()
            + ": "
            + Host.reason(fault)
            + "; give it to this user, or name another"
            + " directory with --data"
        : Host.reason(e);
  }

  private void wire(Role role, Consumer<Exception> onFatal)
      throws IOException, UserError, InterruptedException {
    InstantSource clock = InstantSource.system();
    Disk disk = new LocalDisk();
    parts.push(DataLock.take(config.data()));
    Optional<LiveInventory> inventory =
        role == Role.AGENT ? Optional.empty() : inventory(disk, clock);
    Inventory known = inventory.isPresent() ? inventory.get() : Inventory.EMPTY;
    UnseenContainers unseen = new UnseenContainers(known, clock);
    Ingest ingest =
        role == Role.AGENT ? remoteHub() : hub(disk, clock, known, unseen, onFatal).ingest();
    SourceList sources = new SourceList(config, clock);
    parts.push(sources);
    List<Source> started = new ArrayList<>();
    if (role != Role.HUB) {
      started.addAll(sources.ofAgent());
      stranded = SourceList.stranded(config, started);
    }
    if (role != Role.AGENT) {
      started.addAll(sources.ofHub(inventory, unseen));
    }
    if (role == Role.HUB && started.isEmpty()) {
      return;
    }
    UUID id = AgentIdentity.load(disk, config.host(), config.data());
    UUID own =
        role == Role.HUB
            ? new UUID(id.getMostSignificantBits(), ~id.getLeastSignificantBits())
            : id;
    // Before the agent, which waits for its hub: that it does shows there.
    if (role == Role.AGENT && config.agentMetrics().isPresent()) {
      parts.push(new MetricsServer(config.agentMetrics().get(), metrics));
    }
    Agent running =
        Agent.start(
            new Agent.Settings(own, config.node(), patience), started, ingest, clock, metrics);
    parts.push(running);
    agent = Optional.of(running);
    if (role == Role.AGENT) {
      parts.push(new LeanHeap());
    }
  }

  private Optional<LiveInventory> inventory(Disk disk, InstantSource clock) throws IOException {
    ObjectsConfig objects = config.sources().objects();
    if (objects.clusters().isEmpty()) {
      return Optional.empty();
    }
    LiveInventory inventory =
        LiveInventory.open(config.data().resolve("objects.db"), objects.names(), disk, clock);
    parts.push(inventory);
    return Optional.of(inventory);
  }

  private Hub hub(
      Disk disk,
      InstantSource clock,
      Inventory inventory,
      Arrivals arrivals,
      Consumer<Exception> onFatal)
      throws IOException {
    List<Decoder> decoders =
        List.of(
            new LineDecoder(inventory),
            ContainerDecoder.ofLines(inventory),
            ContainerDecoder.ofDockerLocal(inventory),
            new AuditDecoder(),
            new EventsDecoder());
    HubSettings settings =
        new HubSettings(
            config.hub().listen(), config.lake(), config.hub().walBytes(), config.hub().tokens());
    Hub hub = Hub.open(config.data(), settings, decoders, disk, clock, metrics, arrivals, onFatal);
    parts.push(hub);
    Session running = Session.of(hub.address(), hub.certificate());
    running.write(config.data());
    parts.push(() -> Session.remove(config.data()));
    session = Optional.of(running);
    return hub;
  }

  private Ingest remoteHub() throws UserError {
    HubSection hub = config.hub();
    String missing =
        Stream.of(Map.entry("hub.url", hub.url()), Map.entry("hub.tokenFile", hub.tokenFile()))
            .filter(key -> key.getValue().isEmpty())
            .map(Map.Entry::getKey)
            .collect(Collectors.joining(", "));
    if (!missing.isEmpty()) {
      throw new UserError(
          ExitCode.USAGE,
          "an agent needs hub.url and hub.tokenFile in its config; missing: " + missing);
    }
    URI url = hub.url().orElseThrow();
    Path token = hub.tokenFile().orElseThrow();
    HubClient client =
        hub.certSha256()
            .map(pin -> new HubClient(url, pin, token))
            .orElseGet(() -> new HubClient(url, token));
    parts.push(client);
    return client;
  }
}
