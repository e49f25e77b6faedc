package dev.purser.containers;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A file, directory or link that is held, whatever becomes of its path: a descriptor with
/// `O_PATH`, which neither opens a device nor wakes the other end of a FIFO (open(2)).
///
/// From a directory's handle one goes on by one name at a time, and never over a link: nothing that
/// is exchanged meanwhile leads out of it. Not thread-safe.
final class PathHandle implements AutoCloseable {
  /// A directory with more names is not looked through.
  private static final int MAX_NAMES = 100_000;

  private static final int TYPE_MASK = 0170000;
  private static final int REGULAR = 0100000;
  private static final int DIRECTORY = 0040000;
  private static final int LINK = 0120000;
  private static final int CHARACTER_DEVICE = 0020000;

  private final int descriptor;
  private final int mode;
  private final long device;
  private boolean closed;

  private PathHandle(int descriptor) throws IOException {
    this.descriptor = descriptor;
    try {
      Map<String, Object> attributes = Files.readAttributes(self(), "unix:mode,rdev");
      this.mode = (Integer) Objects.requireNonNull(attributes.get("mode"));
      this.device = (Long) Objects.requireNonNull(attributes.get("rdev"));
    } catch (IOException | RuntimeException e) {
      Linux.close(descriptor);
      throw e;
    }
  }

  /// A path of the host, which is trusted: links are followed, but those of /proc. All in one step,
  /// so that none leads out of the host's root into that of this process, whatever is exchanged
  /// meanwhile.
  static PathHandle of(HostRoot host, Path hostPath) throws IOException {
    int root = Linux.open(Linux.NOWHERE, host.root().toString(), Linux.O_PATH, 0);
    try {
      return new PathHandle(
          Linux.open(
              root,
              hostPath.toString(),
              Linux.O_PATH,
              Linux.RESOLVE_IN_ROOT | Linux.RESOLVE_NO_MAGICLINKS));
    } finally {
      Linux.close(root);
    }
  }

  /// The root that a process has.
  ///
  /// @param process its directory in /proc
  static PathHandle ofRoot(PathHandle process) throws IOException {
    return new PathHandle(
        Linux.open(Linux.NOWHERE, process.self().resolve("root").toString(), Linux.O_PATH, 0));
  }

  /// What the directory has under a name, which may be a link; null when that is nothing.
  @Nullable PathHandle child(String name) throws IOException {
    if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0) {
      throw new IllegalArgumentException("expected a name, found \"" + name + "\"");
    }
    try {
      return beneath(name);
    } catch (NoSuchFileException | FileSystemLoopException e) {
      return null;
    }
  }

  /// What lies below the directory under a path without links; its last name may be one.
  ///
  /// @throws NoSuchFileException when there is none
  /// @throws FileSystemLoopException when a link is on the way
  PathHandle beneath(String path) throws IOException {
    return new PathHandle(
        Linux.open(
            descriptor,
            path,
            Linux.O_PATH | Linux.O_NOFOLLOW,
            Linux.RESOLVE_BENEATH | Linux.RESOLVE_NO_SYMLINKS | Linux.RESOLVE_NO_MAGICLINKS));
  }

  boolean isRegularFile() {
    return (mode & TYPE_MASK) == REGULAR;
  }

  boolean isDirectory() {
    return (mode & TYPE_MASK) == DIRECTORY;
  }

  boolean isLink() {
    return (mode & TYPE_MASK) == LINK;
  }

  /// A FIFO, device or socket: to open it may have effects, or never end.
  boolean isSpecial() {
    return !isRegularFile() && !isDirectory() && !isLink();
  }

  /// In an overlay's layer: what hides a name of the layers below (overlayfs, "whiteouts").
  boolean isWhiteout() {
    return (mode & TYPE_MASK) == CHARACTER_DEVICE && device == 0;
  }

  /// In an overlay's layer: whether the directory hides those of the layers below.
  boolean isOpaque() {
    return attribute("opaque") == 'y';
  }

  /// In an overlay's layer: whether the file has only attributes, and its content lies below.
  boolean isMetadataOnly() {
    return attribute("metacopy") >= 0;
  }

  /// Where the link leads.
  String target() throws IOException {
    return Linux.readLink(descriptor);
  }

  /// Adds the names in the directory to others.
  ///
  /// @throws IOException also when they are too many
  void addNames(Set<String> names, Effort effort) throws IOException {
    try (DirectoryStream<Path> children = Files.newDirectoryStream(self())) {
      for (Path child : children) {
        if (names.size() == MAX_NAMES) {
          throw new IOException("more than " + MAX_NAMES + " names in one directory");
        }
        effort.step();
        names.add(child.getFileName().toString());
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /// Opens the file for reading.
  ///
  /// The first descriptor waits for nobody: a lease that the container has on the file would
  /// otherwise hold up the reader. While it is open no new lease is given (fcntl(2)).
  FileChannel open() throws IOException {
    if (!isRegularFile()) {
      throw new IOException("not a regular file: mode " + Integer.toOctalString(mode));
    }
    int reading =
        Linux.open(Linux.NOWHERE, self().toString(), Linux.O_NONBLOCK | Linux.O_NOCTTY, 0);
    try {
      return FileChannel.open(path(reading), StandardOpenOption.READ);
    } finally {
      Linux.close(reading);
    }
  }

  /// A path that leads here as long as the handle is open, and nowhere else.
  Path self() {
    return path(descriptor);
  }

  /// Once: its number may be another's by the second time.
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Linux.close(descriptor);
    }
  }

  /// A container cannot set these itself.
  private int attribute(String name) {
    return Linux.attribute(self().toString(), "trusted.overlay." + name);
  }

  private static Path path(int descriptor) {
    return Path.of("/proc/self/fd", Integer.toString(descriptor));
  }
}
