package dev.purser.sources.logs;

import dev.purser.containers.Container;
import dev.purser.core.config.Section;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// An entry of `include` or `exclude`: what a container must be like. All that is named must hold;
/// of a list of globs, one.
///
/// What only the runtime knows (image, labels, annotations, environment) does not hold for a
/// container that it does not know.
///
/// @param labels of the pod, or of a container without one; by key
/// @param environment by name
record ContainerSelector(
    List<Glob> namespace,
    List<Glob> pod,
    List<Glob> container,
    List<Glob> image,
    Map<String, Glob> labels,
    Map<String, Glob> annotations,
    Map<String, Glob> environment) {

  /// Reads an entry; faults go to it.
  static ContainerSelector read(Section entry) {
    ContainerSelector selector =
        new ContainerSelector(
            globs(entry, "namespace"),
            globs(entry, "pod"),
            globs(entry, "container"),
            globs(entry, "image"),
            byKey(entry, "labels"),
            byKey(entry, "annotations"),
            byKey(entry, "environment"));
    entry.finish();
    return selector;
  }

  /// Whether a container is wanted: by one of `include`, unless there is none, and by none of
  /// `exclude`.
  static boolean wants(
      List<ContainerSelector> include,
      List<ContainerSelector> exclude,
      Map<String, String> context,
      Optional<Container> known) {
    return (include.isEmpty()
            || include.stream().anyMatch(selector -> selector.selects(context, known)))
        && exclude.stream().noneMatch(selector -> selector.selects(context, known));
  }

  /// @param context what is known by the path of its log already
  boolean selects(Map<String, String> context, Optional<Container> known) {
    return isOneOf(namespace, context.get(LogContext.NAMESPACE))
        && isOneOf(pod, context.get(LogContext.POD))
        && isOneOf(container, context.get(LogContext.CONTAINER))
        && isOneOf(image, known.map(Container::image).orElse(null))
        && hold(labels, known.map(Container::shownLabels).orElse(Map.of()))
        && hold(annotations, known.map(Container::annotations).orElse(Map.of()))
        && hold(environment, known.map(ContainerSelector::environment).orElse(Map.of()));
  }

  private static boolean isOneOf(List<Glob> globs, @Nullable String value) {
    return globs.isEmpty()
        || (value != null && globs.stream().anyMatch(glob -> glob.matches(value)));
  }

  private static boolean hold(Map<String, Glob> globs, Map<String, String> values) {
    return globs.entrySet().stream()
        .allMatch(glob ->
            Optional.ofNullable(values.get(glob.getKey()))
                .filter(glob.getValue()::matches)
                .isPresent());
  }

  private static Map<String, String> environment(Container container) {
    Map<String, String> byName = new TreeMap<>();
    for (String variable : container.environment()) {
      int end = variable.indexOf('=');
      if (end > 0) {
        byName.put(variable.substring(0, end), variable.substring(end + 1));
      }
    }
    return byName;
  }

  private static List<Glob> globs(Section entry, String key) {
    return entry.strings(key).stream().map(Glob::new).toList();
  }

  private static Map<String, Glob> byKey(Section entry, String key) {
    Map<String, Glob> globs = new TreeMap<>();
    entry.texts(key).forEach((name, value) -> globs.put(name, new Glob(value)));
    return Map.copyOf(globs);
  }
}
