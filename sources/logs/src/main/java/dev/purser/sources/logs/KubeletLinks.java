package dev.purser.sources.logs;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// By which names the output of Docker's containers is known to a kubelet above it. That makes a
/// link to the file of each once the container runs: from
/// `<pods>/<namespace>_<pod>_<uid>/<container>/<n>.log` to `<docker>/<id>/<id>-json.log`. Only the
/// link tells all that is known of the pod, and to what Docker rotated there is none.
///
/// Thread-safe.
final class KubeletLinks {
  /// So many are remembered, of containers that are gone too.
  private static final int MOST = 10_000;

  private final HostRoot host;
  private final Path pods;
  private final Path docker;

  /// The kubelet's names by Docker's, and the other way round.
  private final Map<Path, Path> links = new Recent();

  private final Map<Path, Path> targets = new Recent();

  /// Docker's directories of containers to which no link came; each by itself.
  private final Map<Path, Path> unlinked = new Recent();

  /// @param host whose these are
  /// @param pods directory of the kubelet's logs
  /// @param docker directory of Docker's containers
  KubeletLinks(HostRoot host, Path pods, Path docker) {
    this.host = host;
    this.pods = pods;
    this.docker = docker;
  }

  private static final class Recent extends LinkedHashMap<Path, Path> {
    private static final long serialVersionUID = 1;

    @Override
    protected boolean removeEldestEntry(Map.Entry<Path, Path> eldest) {
      return size() > MOST;
    }
  }

  /// Looks where a file leads, if it is a link.
  void look(Path file) {
    Optional<Path> target = file.startsWith(pods) ? read(file) : Optional.empty();
    if (target.isPresent()) {
      synchronized (this) {
        links.put(target.get(), file);
        targets.put(file, target.get());
      }
    }
  }

  /// The kubelet's name for a file, if it is known to have one; else the same.
  synchronized Path name(Path file) {
    return links.getOrDefault(file, file);
  }

  /// Docker's name for the file to which a link is known to lead.
  synchronized Optional<Path> target(Path link) {
    return Optional.ofNullable(targets.get(link));
  }

  private Optional<Path> read(Path link) {
    try {
      Path seen = host.at(parent(link)).resolve(link.getFileName());
      return Files.isSymbolicLink(seen)
          ? Optional.of(parent(link).resolve(Files.readSymbolicLink(seen)).normalize())
              .filter(this::isDockers)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // It has just gone.
    }
  }

  /// The container of a file of Docker's, by that name; empty if it is none.
  Optional<String> containerId(Path file) {
    return isDockers(file)
        ? Optional.of(docker.relativize(file).getName(0).toString())
        : Optional.empty();
  }

  /// Whether a link to a file may come.
  synchronized boolean isAwaited(Path file) {
    return isDockers(file) && !unlinked.containsKey(parent(file));
  }

  /// No link came to a file, nor will one to others of its container be waited for.
  synchronized void giveUp(Path file) {
    unlinked.put(parent(file), parent(file));
  }

  private boolean isDockers(Path file) {
    return file.startsWith(docker) && !file.equals(docker);
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    return parent == null ? file : parent;
  }
}
