package dev.purser.containers;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// A container of this node, as its runtime describes it. Paths are those of the host.
///
/// @param runtime that runs it: `containerd`, `cri-o` or `docker`
/// @param id in that runtime, without a prefix
/// @param name in its pod; for one without a pod, its own
/// @param image as it was asked for
/// @param imageDigest `sha256:…`; empty where the runtime does not tell
/// @param restartCount how many of this name ran before it in its pod
/// @param labels of the container itself; those of its pod are in the pod
/// @param environment as `NAME=value`
/// @param log where the runtime writes its output; empty when it writes no file that can be read
/// @param unreadable why there is no such file, in words; empty when there is
/// @param pid of its first process on the host; 0 when none runs, negative when one does and the
///   runtime does not tell which
/// @param root where its own files are
/// @param mounts what of the host it sees, and where
public record Container(
    String runtime,
    String id,
    String name,
    Optional<Pod> pod,
    String image,
    String imageDigest,
    int restartCount,
    Map<String, String> labels,
    List<String> environment,
    Optional<Path> log,
    String unreadable,
    long pid,
    Root root,
    List<Mount> mounts) {

  public Container {
    labels = Map.copyOf(labels);
    environment = List.copyOf(environment);
    mounts = List.copyOf(mounts);
  }

  /// The directories of the host that make up a container's root: an overlay.
  ///
  /// @param layers uppermost first: the one that the container writes to, then those of its image;
  ///   empty when the runtime does not tell, or has no overlay
  public record Root(List<Path> layers) {
    /// Only the process of the container knows it.
    public static final Root UNKNOWN = new Root(List.of());

    public Root {
      layers = List.copyOf(layers);
    }

    /// @param upper what the container writes to; empty when there is no overlay
    /// @param lower the image's layers, uppermost first
    static Root of(Optional<Path> upper, List<Path> lower) {
      return upper
          .map(own -> new Root(Stream.concat(Stream.of(own), lower.stream()).toList()))
          .orElse(UNKNOWN);
    }

    /// A list as overlayfs takes it: `/a:/b`.
    static List<Path> directories(String list) {
      return Arrays.stream(list.split(":", -1))
          .filter(directory -> !directory.isEmpty())
          .map(Path::of)
          .toList();
    }
  }

  /// A directory or file of the host that a container sees.
  ///
  /// @param inside its path in the container
  /// @param host its path on the host
  public record Mount(Path inside, Path host) {}

  /// Its labels, or those of its pod where it has one.
  public Map<String, String> shownLabels() {
    return pod.map(Pod::labels).orElse(labels);
  }

  /// The annotations of its pod.
  public Map<String, String> annotations() {
    return pod.map(Pod::annotations).orElse(Map.of());
  }
}
