package dev.purser.sources.logs;

import dev.purser.containers.Container;
import dev.purser.containers.Containers;
import dev.purser.containers.DockerFiles;
import dev.purser.containers.Pod;
import dev.purser.core.disk.HostRoot;
import dev.purser.sources.logs.multiline.Multiline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// Which containers' output is read, and what is said of it: by the path of its file, and by what
/// the runtime tells of its container.
///
/// A file may be found before the runtime has told of its container, so it is waited for; a file
/// whose container the runtime does not know in the end is read all the same, with what its path
/// tells. One of Docker's may be found before the kubelet's link to it, which tells of its pod.
public final class ContainerPlanner implements Planner {
  /// On the pod: `off` leaves its containers out.
  static final String LOGS_ANNOTATION = "purser.dev/logs";

  /// On the pod: which lines of its containers make one record, see [Multiline#parse].
  static final String MULTILINE_ANNOTATION = "purser.dev/multiline";

  /// For a runtime that is there to tell of all it has, or of what its events told.
  private static final Duration SETTLING = Duration.ofSeconds(15);

  /// For a runtime that has told all to have one container more.
  private static final Duration KNOWING = Duration.ofSeconds(2);

  /// For a kubelet above Docker to link to a file by the name of its pod, which it does once the
  /// container runs.
  private static final Duration LINKING = Duration.ofSeconds(5);

  private static final Path DOCKER_LOCAL = Path.of("local-logs/container.log");

  private final ContainersConfig config;
  private final Splitter lines;
  private final Splitter dockerLocal;
  private final Containers containers;
  private final DockerFiles dockers;
  private final KubeletLinks links;
  private final Function<Path, Map<String, String>> byPath;
  private final WrongAnnotations wrongAnnotations;

  /// @param host whose containers they are
  /// @param byPath what the path of a file tells
  public ContainerPlanner(
      ContainersConfig config,
      Containers containers,
      HostRoot host,
      Function<Path, Map<String, String>> byPath) {
    this.config = config;
    this.lines = splitter(false, config.multiline());
    this.dockerLocal = splitter(true, config.multiline());
    this.containers = containers;
    this.dockers = new DockerFiles(config.docker(), host);
    this.links = new KubeletLinks(config.directory(), config.docker());
    this.byPath = byPath;
    this.wrongAnnotations = new WrongAnnotations(containers::isLog);
  }

  /// What pods wish that cannot be, and what Docker notes that cannot be read; one line each.
  List<String> problems() {
    return Stream.concat(wrongAnnotations.problems().stream(), dockers.problems().stream())
        .toList();
  }

  @Override
  public void seen(List<Path> names) {
    names.stream()
        .filter(links::isDockers)
        .findFirst()
        .ifPresent(file -> {
          for (Path link : names) {
            if (!links.isDockers(link) && !links.target(link).equals(file)) {
              links.seen(link, file, noted(file).filter(of -> isOthers(link, of)).isEmpty());
            }
          }
        });
  }

  /// Not a link that leads to the output of another pod.
  @Override
  public Path name(Path file) {
    Path link = links.name(file);
    Path target = links.target(link);
    return containers.ofLog(target).filter(of -> isOthers(link, of)).isPresent() ? target : link;
  }

  private boolean isOthers(Path link, Container container) {
    return container.pod().map(pod -> !links.isOf(link, pod.uid())).orElse(true);
  }

  @Override
  public Plan plan(Path file, Duration waited) {
    Path name = name(file);
    if (mayBecomeKnown(name, waited)) {
      return new Plan.Wait();
    }
    Optional<Container> container = container(name);
    Plan.Read read = read(name, container);
    return isWanted(read.context(), container) ? read : new Plan.Skip();
  }

  @Override
  public Plan.Read read(Path file) {
    Path name = name(file);
    return read(name, container(name));
  }

  @Override
  public Plan.Read again(Path file, Plan.Memo memo) {
    Splitter splitter;
    try {
      splitter = splitter(file, memo.wish());
    } catch (IllegalArgumentException e) {
      splitter = splitter(file, ""); // Another version understood it.
    }
    return new Plan.Read(memo.kind(), splitter, memo.context(), memo.wish());
  }

  @Override
  public boolean hasEnded(Path file) {
    Path name = name(file);
    return containers.hasEnded(name) || containers.hasEnded(links.target(name));
  }

  private Optional<Container> container(Path name) {
    return containers.ofLog(name).or(() -> ofDocker(links.target(name)));
  }

  /// Docker knows its containers by its own names: its word if it is asked, else what it noted.
  private Optional<Container> ofDocker(Path file) {
    return containers.ofLog(file).or(() -> noted(file));
  }

  private Optional<Container> noted(Path file) {
    return links.containerId(file).flatMap(dockers::of);
  }

  /// Whether more may soon be known of a file than is.
  private boolean mayBecomeKnown(Path name, Duration waited) {
    Optional<Container> container = containers.ofLog(name);
    if (container.isEmpty() && !containers.isSettled()) {
      return waited.compareTo(SETTLING) < 0;
    }
    Path target = links.target(name);
    if (links.isDockers(target)) {
      return mayBecomeKnownToKubelet(name, target, container, waited);
    }
    return container.isEmpty() && containers.isConnected() && isTimeLeft(KNOWING, true, waited);
  }

  /// Whether a file of Docker's is of a pod, by all that is known, and is still without the link to
  /// it, or whoever knows the container by that link has not told of it.
  private boolean mayBecomeKnownToKubelet(
      Path name, Path target, Optional<Container> container, Duration waited) {
    if (!links.isAwaited(target)) {
      return false;
    }
    boolean isLacking =
        name.equals(target)
            ? ofDocker(target)
                .map(told -> told.pod().isPresent() && containers.isConnected())
                .orElse(true)
            : container.isEmpty() && containers.isConnected();
    if (!isLacking) {
      return false;
    }
    boolean isTimeLeft = isTimeLeft(LINKING, container.isEmpty(), waited);
    if (!isTimeLeft) {
      links.giveUp(target);
    }
    return isTimeLeft;
  }

  /// @param asks whether the runtimes are to be asked for it
  private boolean isTimeLeft(Duration limit, boolean asks, Duration waited) {
    if (waited.compareTo(limit) >= 0) {
      return asks && containers.isBusy() && waited.compareTo(SETTLING) < 0;
    }
    if (asks && waited.compareTo(KNOWING) < 0) {
      containers.look();
    }
    return true;
  }

  private boolean isWanted(Map<String, String> context, Optional<Container> container) {
    boolean off =
        container
            .map(Container::annotations)
            .map(annotations -> annotations.get(LOGS_ANNOTATION))
            .filter("off"::equalsIgnoreCase)
            .isPresent();
    return !off && ContainerSelector.wants(config.include(), config.exclude(), context, container);
  }

  private Plan.Read read(Path file, Optional<Container> container) {
    Map<String, String> context = new HashMap<>(byPath.apply(file));
    Path target = links.target(file);
    links.containerId(target).ifPresent(id -> context.put(LogContext.CONTAINER_ID, id));
    container.ifPresent(known -> config.context().describe(known, context));
    String wish = container.map(known -> known.annotations().get(MULTILINE_ANNOTATION)).orElse("");
    try {
      Plan.Read read = new Plan.Read(kind(target), splitter(target, wish), context, wish);
      container.flatMap(Container::log).ifPresent(wrongAnnotations::clear);
      return read;
    } catch (IllegalArgumentException e) {
      Container known = container.orElseThrow();
      String pod = known.pod().map(Pod::name).orElse(known.name());
      wrongAnnotations.tell(
          known.log().orElse(file),
          "pod " + pod + ": " + MULTILINE_ANNOTATION + ": " + e.getMessage());
      return new Plan.Read(kind(target), splitter(target, ""), context);
    }
  }

  private static String kind(Path file) {
    return isDockerLocal(file) ? ContainerDecoder.DOCKER_LOCAL : ContainerDecoder.LINES;
  }

  /// As the pod wishes, else as the config says.
  ///
  /// @throws IllegalArgumentException when the wish makes no sense
  private Splitter splitter(Path file, String wish) {
    boolean local = isDockerLocal(file);
    if (wish.isEmpty()) {
      return local ? dockerLocal : lines;
    }
    return splitter(local, Optional.of(Multiline.parse(wish)));
  }

  private static Splitter splitter(boolean local, Optional<Multiline> multiline) {
    return local
        ? multiline.map(JoiningSplitter::ofDockerLocal).orElseGet(ContainerSplitter::ofDockerLocal)
        : multiline.map(JoiningSplitter::ofContainers).orElseGet(ContainerSplitter::ofLines);
  }

  private static boolean isDockerLocal(Path file) {
    return file.endsWith(DOCKER_LOCAL);
  }
}
