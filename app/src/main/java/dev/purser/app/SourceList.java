package dev.purser.app;

import dev.purser.app.Program.Role;
import dev.purser.core.disk.Disk;
import dev.purser.core.disk.LocalDisk;
import dev.purser.core.record.Stream;
import dev.purser.core.source.Source;
import dev.purser.kubernetes.Cluster;
import dev.purser.sources.audit.AuditSource;
import dev.purser.sources.events.EventsConfig;
import dev.purser.sources.events.EventsSource;
import dev.purser.sources.logs.AgentHome;
import dev.purser.sources.logs.Claims;
import dev.purser.sources.logs.ContainerSource;
import dev.purser.sources.logs.ContainersConfig;
import dev.purser.sources.logs.FileSource;
import dev.purser.sources.logs.FilesConfig;
import dev.purser.sources.logs.LineDecoder;
import dev.purser.sources.logs.LogContext;
import dev.purser.sources.logs.Planner;
import dev.purser.sources.logs.ReaderPool;
import dev.purser.sources.objects.LiveInventory;
import dev.purser.sources.objects.ObjectsSource;
import dev.purser.sources.objects.UnseenContainers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/// All kinds of sources: the one place that lists them. A file that several match belongs to audit,
/// then containers, then files, then files inside containers.
final class SourceList implements AutoCloseable {
  private static final Path CONTAINER_LINKS = Path.of("/var/log/containers");

  private final Config config;
  private final InstantSource clock;
  private final ReaderPool readers = new ReaderPool();

  SourceList(Config config, InstantSource clock) {
    this.config = config;
    this.clock = clock;
  }

  /// Those that read this machine's files.
  List<Source> ofAgent() {
    return ofAgent(home(config, true));
  }

  /// The same for a run that delivers nothing: what they kept for the next agent is left alone.
  List<Source> ofRehearsal() {
    return ofAgent(home(config, false));
  }

  /// The spools that no source reads any more: their bytes wait until one has their name again.
  static List<Path> stranded(Config config, List<Source> sources) throws IOException {
    AgentHome home = home(config, true);
    Set<Path> read = new HashSet<>();
    sources.forEach(source -> home.spool(source.name()).ifPresent(read::add));
    List<Path> stranded = new ArrayList<>();
    Disk disk = new LocalDisk();
    for (Path spool : disk.list(home.spools())) {
      if (!read.contains(spool) && !disk.list(spool).isEmpty()) {
        stranded.add(spool);
      }
    }
    return stranded;
  }

  private static AgentHome home(Config config, boolean isKeeping) {
    return new AgentHome(config.data().toAbsolutePath().normalize(), isKeeping);
  }

  private List<Source> ofAgent(AgentHome home) {
    Claims claims = new Claims(config.host());
    Map<String, String> common =
        Map.of(Stream.CLUSTER, config.cluster(), Stream.NODE, config.node());
    List<Source> sources = new ArrayList<>();
    config
        .sources()
        .audit()
        .ifPresent(audit ->
            sources.add(
                AuditSource.of(
                    audit.source(home), LogContext.ofFiles(common), claims, readers, clock)));
    Optional<ContainerSource> containers =
        config
            .sources()
            .containers()
            .map(section ->
                new ContainerSource(
                    section,
                    home,
                    LogContext.ofContainers(
                        common, section.directory(), CONTAINER_LINKS, config.host()),
                    claims,
                    readers,
                    clock));
    containers.ifPresent(sources::add);
    for (FilesConfig files : config.sources().files()) {
      sources.add(
          new FileSource(
              files.source(home),
              Planner.all(LineDecoder.KIND, files.splitter(), LogContext.ofFiles(common)),
              claims,
              readers,
              clock));
    }
    containers.ifPresent(source -> sources.add(source.insides(common, claims, readers, clock)));
    return sources;
  }

  /// Those that ask API servers.
  ///
  /// @param inventory what is to be kept of objects; empty if no cluster's are known
  /// @param unseen hears what the hub takes
  List<Source> ofHub(Optional<LiveInventory> inventory, UnseenContainers unseen) {
    List<Source> sources = new ArrayList<>();
    EventsConfig events = config.sources().events();
    if (!events.clusters().isEmpty()) {
      sources.add(new EventsSource(events, clock, new SplittableRandom()));
    }
    List<Cluster> clusters = config.sources().objects().clusters();
    inventory.ifPresent(
        known -> sources.add(new ObjectsSource(clusters, known, unseen, new SplittableRandom())));
    return sources;
  }

  /// What is collected, one line each.
  static List<String> describe(Config config, Role role) {
    List<String> lines = new ArrayList<>();
    Config.Sources sources = config.sources();
    if (role != Role.HUB) {
      sources
          .audit()
          .ifPresent(audit ->
              audit.files().forEach(file -> lines.add("audit       " + seen(config, file))));
      sources
          .containers()
          .ifPresent(containers ->
              lines.add(
                  "containers  below "
                      + seen(config, containers.directory().toString())
                      + " and "
                      + seen(config, containers.docker().toString())));
      sources
          .containers()
          .map(ContainersConfig::insidePaths)
          .filter(paths -> !paths.isEmpty())
          .ifPresent(paths -> lines.add("            inside: " + String.join(" ", paths)));
      for (FilesConfig files : sources.files()) {
        lines.add("files       " + files.name() + ": " + String.join(" ", files.paths()));
      }
    }
    if (role != Role.AGENT) {
      for (Cluster cluster : sources.events().clusters()) {
        lines.add("events      of " + cluster.name() + ", by " + cluster.kubeconfig());
      }
      for (Cluster cluster : sources.objects().clusters()) {
        lines.add(
            "objects     of "
                + cluster.name()
                + " (owners and labels for rows of logs), by "
                + cluster.kubeconfig());
      }
    }
    if (lines.isEmpty()) {
      lines.add(role == Role.HUB ? "what agents send" : "nothing: its config has no sources");
    }
    lines.addAll(notRead(sources, role));
    return lines;
  }

  /// What the config names and this role leaves to another.
  private static List<String> notRead(Config.Sources sources, Role role) {
    boolean ofHub =
        !sources.events().clusters().isEmpty() || !sources.objects().clusters().isEmpty();
    boolean ofAgent =
        !sources.files().isEmpty()
            || sources.containers().isPresent()
            || sources.audit().isPresent();
    return switch (role) {
      case UP -> List.of();
      case AGENT ->
          ofHub
              ? List.of("not here    events, objects: it is the hub that asks API servers")
              : List.of();
      case HUB ->
          ofAgent
              ? List.of("not here    files, containers, audit: it is an agent that reads files")
              : List.of();
    };
  }

  /// A path, and whether it is still to come.
  private static String seen(Config config, String path) {
    boolean isPattern = path.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0);
    return isPattern || config.host().exists(Path.of(path)) ? path : path + " (not there yet)";
  }

  @Override
  public void close() {
    readers.close();
  }
}
