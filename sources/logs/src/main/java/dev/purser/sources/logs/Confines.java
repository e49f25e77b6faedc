package dev.purser.sources.logs;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/// How far links of the host may lead. Immutable.
///
/// A pod may have /var/log as a writable volume, and make a link there to any file of the host. A
/// reader that followed it would show to whoever may read logs what the pod itself may not see. So
/// nothing is read that does not lie below the directories in which containers' logs are, and what
/// was found there is opened from the directory on, name by name and never over a link: whatever is
/// exchanged meanwhile, the file that is opened lies below it.
///
/// Nor may a link lead to all that lies there: Docker notes the environment of a container beside
/// its output, and the output of one pod is not to be taken for another's.
///
/// The directory itself may be a link, as it is where logs have a disk of their own; not one to a
/// directory above it, in which all others are.
final class Confines {
  private final HostRoot host;
  private final List<Path> directories;
  private final List<FilePattern> linked;
  private final Predicate<Path> isOutput;

  /// @param directories below which files must lie
  /// @param linked to which files there a link may lead
  /// @param isOutput whether a runtime says that a container writes its output to a file, which may
  ///   then lie elsewhere
  Confines(
      HostRoot host, List<Path> directories, List<FilePattern> linked, Predicate<Path> isOutput) {
    this.host = host;
    this.directories = List.copyOf(directories);
    this.linked = List.copyOf(linked);
    this.isOutput = isOutput;
  }

  /// Links may lead anywhere.
  static Confines none(HostRoot host) {
    return new Confines(host, List.of(), List.of(), _ -> true);
  }

  /// As [HostRoot#at], of a directory. Only to look at: by the time that it is opened it may lead
  /// elsewhere.
  ///
  /// @throws LeadsOutsideException when it leads out of the directories
  Path directory(Path hostPath) throws IOException {
    return at(hostPath, _ -> true);
  }

  /// As [#directory], of a file.
  Path file(Path hostPath) throws IOException {
    return at(hostPath, this::isLinked);
  }

  private Path at(Path hostPath, Predicate<Path> mayLeadTo) throws IOException {
    if (directories.isEmpty()) {
      return host.at(hostPath);
    }
    Path real = host.real(hostPath);
    Path _ = around(hostPath, real, mayLeadTo);
    return host.at(real);
  }

  /// Opens a file of the host for reading.
  ///
  /// @throws LeadsOutsideException when it leads out of the directories
  FileChannel open(Path hostPath) throws IOException {
    if (directories.isEmpty()) {
      return host.open(hostPath);
    }
    Path real = host.real(hostPath);
    Path directory = around(hostPath, real, this::isLinked);
    try (DirectoryStream<Path> start = Files.newDirectoryStream(host.at(directory))) {
      // On Linux all are such.
      return open((SecureDirectoryStream<Path>) start, directory.relativize(real));
    }
  }

  /// @param mayLeadTo of what lies below a directory, by the name that the config gives that
  /// @return the directory that `real` lies below, without links
  private Path around(Path hostPath, Path real, Predicate<Path> mayLeadTo) throws IOException {
    for (Path directory : directories) {
      if (real.equals(hostPath) && real.startsWith(directory)) {
        return directory;
      }
      Path end = host.real(directory);
      if (real.startsWith(end) && !isAbove(end, directory)) {
        Path named = directory.resolve(end.relativize(real));
        if (named.equals(hostPath) || mayLeadTo.test(named)) {
          return end;
        }
        throw LeadsOutsideException.toNoLog(real);
      }
    }
    Path parent = real.getParent();
    if (parent != null && isOutput.test(real)) {
      return parent;
    }
    throw LeadsOutsideException.outside(real);
  }

  private boolean isLinked(Path file) {
    return linked.stream().anyMatch(pattern -> pattern.covers(file));
  }

  private boolean isAbove(Path end, Path directory) throws IOException {
    Path parent = directory.getParent();
    return parent != null && host.real(parent).startsWith(end);
  }

  private static FileChannel open(SecureDirectoryStream<Path> directory, Path left)
      throws IOException {
    Path name = left.getName(0);
    if (left.getNameCount() == 1) {
      return (FileChannel)
          directory.newByteChannel(
              name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
    }
    try (SecureDirectoryStream<Path> next =
        directory.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
      return open(next, left.subpath(1, left.getNameCount()));
    }
  }
}
