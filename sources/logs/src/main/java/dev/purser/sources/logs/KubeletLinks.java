package dev.purser.sources.logs;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// By which names the output of Docker's containers is known to a kubelet above it. That makes a
/// link to the file of each once the container runs: from
/// `<pods>/<namespace>_<pod>_<uid>/<container>/<n>.log` to `<docker>/<id>/<id>-json.log`. Only the
/// link tells all that is known of the pod, and to what Docker rotated there is none.
///
/// Thread-safe.
final class KubeletLinks {
  /// So many are remembered, of containers that are gone too.
  private static final int MOST = 10_000;

  private final Path pods;
  private final Path docker;

  /// Docker's names by the kubelet's, and the other way round: the first that was seen, as whoever
  /// may write there can make others.
  private final Map<Path, Path> targets = new Recent<>();

  private final Map<Path, Path> links = new Recent<>();

  /// Docker's directories of containers for which nothing more is to be told.
  private final Set<Path> known = Collections.newSetFromMap(new Recent<>());

  private static final class Recent<V> extends LinkedHashMap<Path, V> {
    private static final long serialVersionUID = 1;

    Recent() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Path, V> eldest) {
      return size() > MOST;
    }
  }

  /// @param pods directory of the kubelet's logs
  /// @param docker directory of Docker's containers
  KubeletLinks(Path pods, Path docker) {
    this.pods = pods;
    this.docker = docker;
  }

  /// A link to a file of Docker's was seen.
  ///
  /// @param mayBeKubelets whether it may be the kubelet's
  synchronized void seen(Path link, Path file, boolean mayBeKubelets) {
    if (link.startsWith(pods)) {
      targets.put(link, file);
      if (mayBeKubelets) {
        links.putIfAbsent(file, link);
      }
    }
  }

  /// The kubelet's name for a file, if it is known to have one; else the same.
  synchronized Path name(Path file) {
    Path target = target(file);
    return links.getOrDefault(target, target);
  }

  /// Docker's name for a file, if it is known to have one; else the same.
  synchronized Path target(Path file) {
    return targets.getOrDefault(file, file);
  }

  /// Whether a link is one to the output of this pod's.
  boolean isOf(Path link, String podUid) {
    return link.startsWith(pods)
        && pods.relativize(link).getName(0).toString().endsWith("_" + podUid);
  }

  /// The container that Docker's name for a file tells; empty if it is no such name.
  Optional<String> containerId(Path file) {
    return isDockers(file)
        ? Optional.of(docker.relativize(file).getName(0).toString())
        : Optional.empty();
  }

  /// Whether that is Docker's name for a file.
  boolean isDockers(Path file) {
    return file.startsWith(docker) && !file.equals(docker);
  }

  /// Whether a link to a file of Docker's, or what is known by it, may come.
  synchronized boolean isAwaited(Path file) {
    return !known.contains(container(file));
  }

  /// What was awaited did not come, nor is it to be awaited for other files of this container.
  synchronized void giveUp(Path file) {
    known.add(container(file));
  }

  private Path container(Path file) {
    return docker.resolve(docker.relativize(file).getName(0));
  }
}
