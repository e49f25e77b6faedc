package dev.purser.sources.logs;

import dev.purser.containers.Container;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which files are read in which container, and what their streams say.
///
/// Here a file in a container is called `/<container>/<path inside>`, where `<container>` is a name
/// of our own that no other container has. Thread-safe.
final class Insides implements Planner {
  private static final Path ROOT = Path.of("/");
  private static final int MAX_KNOWN = 10_000;
  private static final int ID_LENGTH = 12;

  private final ContainersConfig config;
  private final ContainerContext described;
  private final Map<String, String> common;
  private final Map<String, Container> known =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Container> eldest) {
              return size() > MAX_KNOWN;
            }
          });

  /// @param common what holds for all streams, such as cluster and node
  Insides(ContainersConfig config, Map<String, String> common) {
    this.config = config;
    this.described = config.context();
    this.common = Map.copyOf(common);
  }

  /// What is looked for in a container, and what is wrong with what its owner asks for.
  ///
  /// @param patterns as the container has them
  record Wanted(List<String> patterns, List<String> problems) {}

  Wanted wanted(Container container) {
    Map<String, String> context = context(container);
    Optional<Container> one = Optional.of(container);
    if (!ContainerSelector.wants(config.include(), config.exclude(), context, one)) {
      return new Wanted(List.of(), List.of());
    }
    List<String> patterns = new ArrayList<>();
    for (InsideConfig entry : config.files()) {
      if (ContainerSelector.wants(entry.include(), entry.exclude(), context, one)) {
        patterns.addAll(entry.paths());
      }
    }
    InsideAnnotation asked = InsideAnnotation.of(container);
    patterns.addAll(asked.patterns());
    return new Wanted(patterns.stream().distinct().toList(), asked.problems());
  }

  /// Gives a container its name, by which it is known from now on, also when it is gone.
  String name(Container container) {
    String id = container.id().substring(0, Math.min(ID_LENGTH, container.id().length()));
    String name =
        container.pod().map(pod -> pod.namespace() + "_" + pod.name() + "_").orElse("")
            + container.name()
            + "_"
            + id;
    String safe = name.replaceAll("[^A-Za-z0-9._-]", "-");
    known.put(safe, container);
    return safe;
  }

  /// The name of the container that a file is in.
  static String container(Path file) {
    return file.getNameCount() == 0 ? "" : file.getName(0).toString();
  }

  /// What the container calls a file.
  static Path inside(Path file) {
    int names = file.getNameCount();
    return names < 2 ? ROOT : ROOT.resolve(file.subpath(1, names));
  }

  @Override
  public Plan plan(Path file, Duration waited) {
    return read(file);
  }

  @Override
  public Plan.Read read(Path file) {
    Container container = known.get(container(file));
    Map<String, String> context = container == null ? new HashMap<>(common) : context(container);
    if (file.getNameCount() > 1) {
      context.put(LogContext.FILE, inside(file).toString());
    }
    return new Plan.Read(LineDecoder.KIND, new LineSplitter(), context);
  }

  private Map<String, String> context(Container container) {
    Map<String, String> context = new HashMap<>(common);
    described.describe(container, context);
    return context;
  }
}
