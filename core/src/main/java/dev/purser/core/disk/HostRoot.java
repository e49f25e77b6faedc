package dev.purser.core.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/// Where this process sees the file system of its host: at `/`, or in a container below the
/// directory at which the host's root is mounted. All else speaks of paths as the host has them.
/// Immutable.
///
/// In a container the kernel would follow a link of the host, such as one to /var/lib/docker, into
/// the container's own image; so links are followed here. That is not atomic: between the look at a
/// link and the use of what it led to, whoever may write there can change it. Do not take for the
/// host's what an adversary on the host could exchange for something of the container's.
public final class HostRoot {
  /// This process is not in a container, or its root is the host's.
  public static final HostRoot SAME = new HostRoot(Path.of("/"));

  /// As in Linux.
  private static final int MAX_LINKS = 40;

  private final Path root;

  /// @throws IllegalArgumentException when `root` is not absolute
  public HostRoot(Path root) {
    if (!root.isAbsolute()) {
      throw new IllegalArgumentException("expected an absolute path, found \"" + root + "\"");
    }
    this.root = root.normalize();
  }

  /// Where the host's root is for this process.
  public Path root() {
    return root;
  }

  /// Where a path of the host is for this process. In a container it has no links any more.
  ///
  /// @throws IOException when links go round in circles, or may not be read
  public Path at(Path hostPath) throws IOException {
    return isSame() ? hostPath : root.resolve(Path.of("/").relativize(real(hostPath)));
  }

  /// What the host calls a path behind its links. What does not exist is taken as it is called.
  ///
  /// @throws IOException as [#at]
  public Path real(Path hostPath) throws IOException {
    if (isSame()) {
      return Files.exists(hostPath) ? hostPath.toRealPath() : hostPath;
    }
    Deque<Path> left = new ArrayDeque<>();
    push(left, hostPath);
    Path real = Path.of("/");
    int links = 0;
    while (!left.isEmpty()) {
      Path name = left.pop();
      if (name.toString().equals("..")) {
        real = real.getParent() == null ? real : real.getParent();
        continue;
      }
      Path next = real.resolve(name);
      Path seen = root.resolve(next.toString().substring(1));
      if (!Files.isSymbolicLink(seen)) {
        real = next;
        continue;
      }
      if (++links > MAX_LINKS) {
        throw new FileSystemLoopException(hostPath.toString());
      }
      Path target = Files.readSymbolicLink(seen);
      if (target.isAbsolute()) {
        real = Path.of("/");
      }
      push(left, target);
    }
    return real;
  }

  /// Opens a file of the host for reading.
  public FileChannel open(Path hostPath) throws IOException {
    return isSame()
        ? FileChannel.open(hostPath, StandardOpenOption.READ)
        : FileChannel.open(at(hostPath), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
  }

  /// Whether something is there; a link to nowhere is not.
  public boolean exists(Path hostPath) {
    try {
      return Files.exists(at(hostPath));
    } catch (IOException e) {
      return false;
    }
  }

  /// Whether it is a directory, or a link that leads to one.
  public boolean leadsToDirectory(Path hostPath) {
    try {
      return Files.isDirectory(at(hostPath));
    } catch (IOException e) {
      return false;
    }
  }

  /// Whether it is a directory itself, and no link to one.
  public boolean isDirectory(Path hostPath) {
    Path parent = hostPath.getParent();
    try {
      return parent == null
          || Files.isDirectory(
              at(parent).resolve(hostPath.getFileName()), LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      return false;
    }
  }

  /// What stands in a link; empty where there is none.
  public Optional<Path> link(Path hostPath) {
    Path parent = hostPath.getParent();
    try {
      return parent == null
          ? Optional.empty()
          : Optional.of(Files.readSymbolicLink(at(parent).resolve(hostPath.getFileName())));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// What the host calls a path of this process that lies below its root, for messages.
  public Path shown(Path path) {
    return !isSame() && path.startsWith(root) ? Path.of("/").resolve(root.relativize(path)) : path;
  }

  private boolean isSame() {
    return root.getNameCount() == 0;
  }

  /// The names of a path, the first on top.
  private static void push(Deque<Path> left, Path path) {
    for (int i = path.getNameCount() - 1; i >= 0; i--) {
      Path name = path.getName(i);
      if (!name.toString().isEmpty() && !name.toString().equals(".")) {
        left.push(name);
      }
    }
  }

  @Override
  public String toString() {
    return root.toString();
  }
}
