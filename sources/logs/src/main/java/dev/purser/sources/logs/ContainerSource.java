package dev.purser.sources.logs;

import dev.purser.containers.Containers;
import dev.purser.core.source.Outbox;
import dev.purser.core.source.Source;
import dev.purser.core.source.StreamProgress;
import dev.purser.core.source.Volume;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// The output of all containers of the node: the runtimes' log files, with what the runtimes tell
/// of their containers. Thread-safe.
public final class ContainerSource implements Source {
  private static final Duration RUNTIMES_START = Duration.ofMinutes(1);

  private final ContainersConfig config;
  private final AgentHome home;
  private final Containers containers;
  private final ContainerPlanner planner;
  private final FileSource files;
  private final Map<String, String> allContainersOf;
  private final List<FilePattern> covered;

  /// @param byPath what the path of a log file tells of its container
  public ContainerSource(
      ContainersConfig config,
      AgentHome home,
      Function<Path, Map<String, String>> byPath,
      Claims claims,
      ReaderPool readers,
      InstantSource clock) {
    this.config = config;
    this.home = home;
    this.containers = new Containers(config.sockets(), claims.host(), clock);
    this.planner = new ContainerPlanner(config, containers, claims.host(), byPath);
    FileSourceConfig source = config.source(home);
    this.covered = source.patterns().stream().map(FilePattern::new).toList();
    List<FilePattern> linked = config.dockerOutputs().stream().map(FilePattern::new).toList();
    Confines confines =
        new Confines(claims.host(), config.directories(), linked, containers::isLog);
    HostTree tree = new HostTree(claims.host(), covered, confines);
    this.files = new FileSource(source, planner, tree, claims, readers, clock);
    this.allContainersOf =
        config.include().isEmpty() && config.exclude().isEmpty()
            ? byPath.apply(Path.of("/"))
            : Map.of();
  }

  /// The files inside the same containers. Make it after all sources of host files: what they match
  /// is theirs. Start it after this source, and close it before.
  ///
  /// @param common what holds for all streams, such as cluster and node
  public Source insides(
      Map<String, String> common, Claims claims, ReaderPool readers, InstantSource clock) {
    Insides insides = new Insides(config, common);
    Instant since = clock.instant();
    FileSource inside =
        new FileSource(
            config.insides(home),
            insides,
            new ContainerTree(
                claims.host(),
                containers::now,
                () -> areKnown(since, clock.instant()),
                insides,
                System::nanoTime),
            claims,
            readers,
            clock);
    containers.listen(inside::lookSoon);
    return inside;
  }

  /// Whether a container that is not known is gone. For a runtime that is not there yet one waits a
  /// while: the files in its containers are not lost because it starts later.
  private boolean areKnown(Instant since, Instant now) {
    return containers.isSettled()
        && (containers.isConnected() || now.isAfter(since.plus(RUNTIMES_START)));
  }

  @Override
  public String name() {
    return files.name();
  }

  @Override
  public void start(Outbox outbox) {
    files.start(outbox);
    containers.listen(files::lookSoon);
  }

  @Override
  public List<String> drain() throws InterruptedException {
    return files.drain();
  }

  @Override
  public List<StreamProgress> progress() {
    return files.progress();
  }

  @Override
  public List<Volume> volumes() {
    return files.volumes();
  }

  @Override
  public Map<String, String> allContainersOf() {
    return allContainersOf;
  }

  @Override
  public List<String> undecided() {
    return files.undecided();
  }

  @Override
  public List<String> problems() {
    List<String> problems = new ArrayList<>(files.problems());
    problems.addAll(containers.problems());
    problems.addAll(planner.problems());
    containers.now().stream()
        .flatMap(container -> container.log().stream())
        .filter(log -> covered.stream().noneMatch(pattern -> pattern.covers(log)))
        .map(log ->
            log
                + ": this container's output is not read; tell sources.containers of its directory,"
                + " as paths (a kubelet's) or docker")
        .forEach(problems::add);
    return problems;
  }

  @Override
  public void close() {
    files.close();
    containers.close();
  }
}
