package dev.purser.core.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The steps on which durability rests. Tests put a disk beneath that loses what was not forced, or
/// fails.
///
/// A file's bytes are safe after [#force], its name after [#forceDirectory] of its parent.
public interface Disk {
  /// Opens a file for reading and writing, and creates it if it is missing.
  DiskFile open(Path file) throws IOException;

  /// Forces the bytes of a file that another library wrote.
  void force(Path file) throws IOException;

  /// Forces the names in a directory.
  void forceDirectory(Path directory) throws IOException;

  /// Replaces `to` by `from` in one step.
  void rename(Path from, Path to) throws IOException;

  /// Removes a file if it is there.
  void delete(Path file) throws IOException;

  /// The files of a directory, sorted by name; none if the directory is missing.
  List<Path> list(Path directory) throws IOException;

  /// Creates a directory with its parents, and forces each new name.
  void createDirectories(Path directory) throws IOException;

  /// As [#createDirectories]; if it makes it, nobody but its owner may enter it.
  void createPrivateDirectory(Path directory) throws IOException;

  /// A named step, called between the others. Tests crash here.
  default void step(String name) {}
}
