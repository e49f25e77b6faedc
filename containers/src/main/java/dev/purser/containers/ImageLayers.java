package dev.purser.containers;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The directories and links of an image: the lower layers of an overlay, merged as the kernel
/// merges them. They do not change, so what was found is kept. Files count for nothing here. Not
/// thread-safe.
final class ImageLayers {
  private static final int MAX_KEPT = 2_000;

  private final HostRoot host;
  private final List<Path> layers;
  private final Effort effort;
  private final Map<Path, Node> kept =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, Node> eldest) {
          return size() > MAX_KEPT;
        }
      };

  /// @param layers uppermost first, as the host has them
  ImageLayers(HostRoot host, List<Path> layers, Effort effort) {
    this.host = host;
    this.layers = List.copyOf(layers);
    this.effort = effort;
  }

  /// What an image has under a path.
  sealed interface Node {
    /// Of the layers of those numbers, together.
    record Directory(List<Integer> layers) implements Node {}

    record Link(String target) implements Node {}

    /// A file, a device, or nothing.
    record Other() implements Node {}
  }

  /// @param path as the container has it, without links on the way
  Node at(Path path) throws IOException {
    Node known = kept.get(path);
    if (known == null) {
      known = find(path);
      kept.put(path, known);
    }
    return known;
  }

  /// Adds the names in a directory of which there may be more than a file; those of the layers
  /// above may hide them.
  void addNames(Path directory, Set<String> names) throws IOException {
    if (at(directory) instanceof Node.Directory merged) {
      for (int layer : merged.layers()) {
        try (PathHandle handle = open(layer, directory)) {
          if (handle != null) {
            handle.addNames(names, effort);
          }
        }
      }
    }
  }

  private Node find(Path path) throws IOException {
    Path parent = path.getParent();
    List<Integer> above =
        parent == null
            ? IntStream.range(0, layers.size()).boxed().toList()
            : at(parent) instanceof Node.Directory directory ? directory.layers() : List.of();
    List<Integer> merged = new ArrayList<>();
    for (int layer : above) {
      try (PathHandle handle = open(layer, path)) {
        if (handle == null) {
          continue;
        }
        if (!handle.isDirectory()) {
          if (merged.isEmpty() && handle.isLink()) {
            return new Node.Link(handle.target());
          }
          break;
        }
        merged.add(layer);
        if (handle.isOpaque()) {
          break;
        }
      }
    }
    return merged.isEmpty() ? new Node.Other() : new Node.Directory(List.copyOf(merged));
  }

  private @Nullable PathHandle open(int layer, Path path) throws IOException {
    effort.step();
    try (PathHandle root = PathHandle.of(host, layers.get(layer))) {
      return root.beneath(path.getNameCount() == 0 ? "." : path.toString().substring(1));
    } catch (NoSuchFileException | NotDirectoryException | FileSystemLoopException e) {
      return null;
    }
  }
}
