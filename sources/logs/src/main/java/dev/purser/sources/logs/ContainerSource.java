package dev.purser.sources.logs;

import dev.purser.containers.Containers;
import dev.purser.core.source.Outbox;
import dev.purser.core.source.Source;
import dev.purser.core.source.StreamProgress;
import dev.purser.core.source.Volume;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// The output of all containers of the node: the runtimes' log files, with what the runtimes tell
/// of their containers. Thread-safe.
public final class ContainerSource implements Source {
  private final Containers containers;
  private final ContainerPlanner planner;
  private final FileSource files;
  private final List<FilePattern> covered;

  /// @param own directories that no source reads, such as the data directory
  /// @param byPath what the path of a log file tells of its container
  public ContainerSource(
      ContainersConfig config,
      List<Path> own,
      Function<Path, Map<String, String>> byPath,
      Claims claims,
      ReaderPool readers,
      InstantSource clock) {
    this.containers = new Containers(config.sockets(), claims.host(), clock);
    this.planner = new ContainerPlanner(config, containers, byPath);
    FileSourceConfig source = config.source(own);
    this.covered = source.patterns().stream().map(FilePattern::new).toList();
    this.files = new FileSource(source, planner, claims, readers, clock);
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
