package dev.purser.sources.logs;

import dev.purser.containers.Containers;
import dev.purser.core.config.DataSize;
import dev.purser.core.config.Section;
import dev.purser.sources.logs.FileSourceConfig.From;
import dev.purser.sources.logs.multiline.Multiline;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// `sources.containers` in the config file: all containers of the node, unless `include` and
/// `exclude` say otherwise.
///
/// @param directory of the container logs, laid out as kubelet does:
///   `<namespace>_<pod>_<uid>/<container>/<n>.log`
/// @param docker directory of Docker's containers: `<id>/<id>-json.log`
/// @param sockets where runtimes may listen
/// @param include which containers are wanted: one entry must hold; none means all
/// @param exclude which are not, of those
/// @param labels which of them each row carries
/// @param annotations which of them each row carries
/// @param multiline which lines make one record; each is one if it is empty
/// @param heldBytes how much of the disk logs may take that were deleted and are not read yet; the
///   same again for files inside containers
/// @param files which files inside the containers are read, beside those that pods ask for
public record ContainersConfig(
    Path directory,
    Path docker,
    List<Path> sockets,
    List<ContainerSelector> include,
    List<ContainerSelector> exclude,
    List<Glob> labels,
    List<Glob> annotations,
    Optional<Multiline> multiline,
    DataSize heldBytes,
    List<InsideConfig> files) {
  /// Of the source of containers' output, and of that of files inside them, for messages.
  public static final String NAME = "containers";

  public static final String INSIDES = "container files";
  public static final Path DEFAULT_DIRECTORY = Path.of("/var/log/pods");
  private static final Path DEFAULT_DOCKER = Path.of("/var/lib/docker/containers");

  public ContainersConfig {
    sockets = List.copyOf(sockets);
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
    labels = List.copyOf(labels);
    annotations = List.copyOf(annotations);
    files = List.copyOf(files);
  }

  /// All containers below `directory`, with the defaults for all else.
  public static ContainersConfig of(Path directory) {
    return new ContainersConfig(
        directory,
        DEFAULT_DOCKER,
        Containers.DEFAULT_SOCKETS,
        List.of(),
        List.of(),
        List.of(new Glob("*")),
        List.of(),
        Optional.empty(),
        FileSourceConfig.DEFAULT_HELD_BYTES,
        List.of());
  }

  /// Reads the section; faults go to it.
  public static ContainersConfig read(Section section) {
    ContainersConfig defaults = of(directory(section, "paths", DEFAULT_DIRECTORY));
    List<Path> sockets = new ArrayList<>();
    for (String socket : section.strings("sockets")) {
      if (socket.startsWith("/")) {
        sockets.add(Path.of(socket).normalize());
      } else {
        section.fault("sockets", "expected absolute paths, found \"" + socket + "\"");
      }
    }
    ContainersConfig config =
        new ContainersConfig(
            defaults.directory,
            directory(section, "docker", DEFAULT_DOCKER),
            section.has("sockets") ? sockets : defaults.sockets,
            section.sections("include").stream().map(ContainerSelector::read).toList(),
            section.sections("exclude").stream().map(ContainerSelector::read).toList(),
            section.has("labels") ? globs(section, "labels") : defaults.labels,
            section.has("annotations") ? globs(section, "annotations") : defaults.annotations,
            Multiline.read(section),
            FileSourceConfig.heldBytes(section),
            section.sections("files").stream().map(InsideConfig::read).toList());
    section.finish();
    return config;
  }

  public FileSourceConfig source(AgentHome home) {
    return FileSourceConfig.of(
        NAME,
        Stream.concat(Stream.of(directory + "/*/*/*.log"), dockerOutputs().stream()).toList(),
        From.BEGINNING,
        heldBytes,
        List.of(),
        home);
  }

  /// What Docker writes of its containers' output.
  List<String> dockerOutputs() {
    return List.of(docker + "/*/*-json.log", docker + "/*/local-logs/container.log");
  }

  /// Those of the host in which containers' logs lie.
  List<Path> directories() {
    return List.of(directory, docker);
  }

  /// The paths of [#files], for messages.
  public List<String> insidePaths() {
    return files.stream().flatMap(entry -> entry.paths().stream()).toList();
  }

  /// The same for files inside containers; which ones, only the runtime can tell.
  FileSourceConfig insides(AgentHome home) {
    return FileSourceConfig.of(INSIDES, List.of(), From.BEGINNING, heldBytes, List.of(), home);
  }

  ContainerContext context() {
    return new ContainerContext(labels, annotations);
  }

  private static Path directory(Section section, String key, Path otherwise) {
    String directory = section.string(key).orElse(otherwise.toString());
    if (!directory.startsWith("/") || directory.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0)) {
      section.fault(
          key, "expected the absolute path of one directory, found \"" + directory + "\"");
      return otherwise;
    }
    return Path.of(directory).normalize();
  }

  private static List<Glob> globs(Section section, String key) {
    return section.strings(key).stream().map(Glob::new).toList();
  }
}
