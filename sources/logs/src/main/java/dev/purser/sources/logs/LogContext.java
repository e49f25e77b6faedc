package dev.purser.sources.logs;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// What a path tells of the stream in it.
public final class LogContext {
  public static final String FILE = "file";
  public static final String NAMESPACE = "namespace";
  public static final String POD = "pod";
  public static final String POD_UID = "pod_uid";
  public static final String CONTAINER = "container";
  public static final String CONTAINER_ID = "container_id";
  public static final String IMAGE = "image";
  public static final String IMAGE_DIGEST = "image_digest";
  public static final String RESTART_COUNT = "restart_count";

  /// Prefixes of the keys under which the labels and annotations of a pod stand.
  public static final String LABEL = "label/";

  public static final String ANNOTATION = "annotation/";

  /// The keys that tell one container from another.
  static final List<String> OF_CONTAINER = List.of(NAMESPACE, POD, POD_UID, CONTAINER);

  /// Those that say what a stream is of, to people.
  static final Set<String> OF_STREAM =
      Set.of(FILE, NAMESPACE, POD, POD_UID, CONTAINER, CONTAINER_ID);

  private LogContext() {}

  /// For plain files: their path.
  ///
  /// @param common what holds for all streams, such as cluster and node
  public static Function<Path, Map<String, String>> ofFiles(Map<String, String> common) {
    return path -> withFile(common, path);
  }

  /// For container logs: `<directory>/<namespace>_<pod>_<uid>/<container>/<n>.log`.
  ///
  /// @param links directory of the links `<pod>_<namespace>_<container>-<id>.log` that tell a
  ///   container's id; usually /var/log/containers
  /// @param host whose these paths are
  public static Function<Path, Map<String, String>> ofContainers(
      Map<String, String> common, Path directory, Path links, HostRoot host) {
    return path -> {
      Map<String, String> context = withFile(common, path);
      Path container = path.getParent();
      Path pod = container == null ? null : container.getParent();
      if (container == null || pod == null || !directory.equals(pod.getParent())) {
        return context;
      }
      String[] names = pod.getFileName().toString().split("_", -1);
      if (names.length == 3) {
        String name = container.getFileName().toString();
        // All files of a container say the same.
        context.put(NAMESPACE, names[0].intern());
        context.put(POD, names[1].intern());
        context.put(POD_UID, names[2].intern());
        context.put(CONTAINER, name.intern());
        restarts(path).ifPresent(count -> context.put(RESTART_COUNT, count.intern()));
        containerId(host, links, names[1] + "_" + names[0] + "_" + name + "-", path)
            .ifPresent(id -> context.put(CONTAINER_ID, id));
      }
      return context;
    };
  }

  private static Map<String, String> withFile(Map<String, String> common, Path path) {
    Map<String, String> context = new HashMap<>(common);
    if (path.getNameCount() > 0) {
      context.put(FILE, path.toString());
    }
    return context;
  }

  /// The kubelet names a log by how often the container was restarted.
  private static Optional<String> restarts(Path file) {
    String name = file.getFileName().toString();
    String count = name.endsWith(".log") ? name.substring(0, name.length() - 4) : "";
    return count.matches("[0-9]{1,9}") ? Optional.of(count) : Optional.empty();
  }

  private static Optional<String> containerId(HostRoot host, Path links, String prefix, Path file) {
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(
            host.at(links), entry -> entry.getFileName().toString().startsWith(prefix))) {
      for (Path link : entries) {
        String name = link.getFileName().toString();
        if (name.endsWith(".log")
            && Files.isSymbolicLink(link)
            && links.resolve(Files.readSymbolicLink(link)).normalize().equals(file)) {
          return Optional.of(name.substring(prefix.length(), name.length() - ".log".length()));
        }
      }
    } catch (DirectoryIteratorException | IOException e) {
      return Optional.empty();
    }
    return Optional.empty();
  }
}
