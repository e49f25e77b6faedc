package dev.purser.app;

import dev.purser.core.config.ConfigException;
import dev.purser.core.config.Section;
import dev.purser.core.disk.HostRoot;
import dev.purser.lake.LakeConfig;
import dev.purser.sources.audit.AuditConfig;
import dev.purser.sources.events.EventsConfig;
import dev.purser.sources.logs.ContainersConfig;
import dev.purser.sources.logs.FilesConfig;
import dev.purser.sources.objects.ObjectsConfig;
import dev.purser.transport.ListenAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The config file. An unknown key stops the start; all faults are reported at once.
///
/// @param cluster the column `cluster` of all records
/// @param node the column `node`; the host's name unless told
/// @param host where the host's file system is, of which the sources read: `/` unless in a
///   container
/// @param data where all that Purser keeps lies
/// @param agentMetrics where an agent without a hub serves its metrics; nowhere unless told
record Config(
    String cluster,
    String node,
    HostRoot host,
    Path data,
    HubSection hub,
    Optional<ListenAddress> agentMetrics,
    Sources sources,
    LakeConfig lake,
    Output output) {
  /// Of sources that have no name in the config. A name is also that of a source's spool.
  private static final Set<String> RESERVED_NAMES =
      Set.of(AuditConfig.NAME, ContainersConfig.NAME, ContainersConfig.INSIDES);

  /// Where an agent's records go.
  enum Output {
    HUB,
    /// Nowhere: counts them, for benches.
    BLACKHOLE
  }

  /// What is collected; an absent section collects nothing.
  record Sources(
      List<FilesConfig> files,
      Optional<ContainersConfig> containers,
      Optional<AuditConfig> audit,
      EventsConfig events,
      ObjectsConfig objects) {}

  static Config load(Path file) throws ConfigException, UserError {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new UserError(
          ExitCode.USAGE, "cannot read the config file " + file + ": " + Host.reason(e));
    }
    return parse(file.toString(), text);
  }

  static Config parse(String name, String yaml) throws ConfigException {
    Section top = Section.parse(name, yaml);
    Section sources = top.section("sources");
    Config config =
        new Config(
            top.string("cluster").orElse("default"),
            top.string("node").orElseGet(Host::name),
            readHost(top),
            readData(top),
            HubSection.read(top.section("hub")),
            readAgent(top.section("agent")),
            readSources(sources),
            LakeConfig.read(top.section("lake")),
            top.choice("output", Output.class).orElse(Output.HUB));
    top.finish();
    top.throwFaults(name);
    return config;
  }

  Config withData(Path directory) {
    return new Config(cluster, node, host, directory, hub, agentMetrics, sources, lake, output);
  }

  Config withSources(Sources others) {
    return new Config(cluster, node, host, data, hub, agentMetrics, others, lake, output);
  }

  private static HostRoot readHost(Section top) {
    return HubSection.parse(top, "hostRoot", text -> new HostRoot(Path.of(text)))
        .orElse(HostRoot.SAME);
  }

  private static Path readData(Section top) {
    Path data = top.string("data").map(Host::expand).orElseGet(Host::defaultData);
    if (!data.isAbsolute()) {
      top.fault("data", "expected the absolute path of a directory, found \"" + data + "\"");
    }
    return data;
  }

  private static Optional<ListenAddress> readAgent(Section agent) {
    Optional<ListenAddress> metrics = HubSection.parse(agent, "metrics", ListenAddress::parse);
    agent.finish();
    return metrics;
  }

  private static Sources readSources(Section sources) {
    List<FilesConfig> files = sources.sections("files").stream().map(FilesConfig::read).toList();
    Set<String> names = new HashSet<>();
    for (FilesConfig entry : files) {
      if (RESERVED_NAMES.contains(entry.name())) {
        sources.fault("files", "\"" + entry.name() + "\" is a name of Purser's own: take another");
      } else if (!entry.name().isBlank() && !names.add(entry.name())) {
        sources.fault("files", "two sources are named \"" + entry.name() + "\"");
      }
    }
    EventsConfig events = EventsConfig.read(sources);
    Sources read =
        new Sources(
            files,
            sources.has("containers")
                ? Optional.of(ContainersConfig.read(sources.section("containers")))
                : Optional.empty(),
            sources.has("audit")
                ? Optional.of(AuditConfig.read(sources.section("audit")))
                : Optional.empty(),
            events,
            ObjectsConfig.read(sources, events.clusters()));
    sources.finish();
    return read;
  }
}
