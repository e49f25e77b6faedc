package dev.purser.sources.logs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The files among which a source looks, what it looks for, and how they are touched: those of the
/// host, or those inside containers. Used by one thread at a time.
interface FileTree {
  /// The next look may leave out what took long, and for which it is too early: only that one, and
  /// it tells what by [#begin].
  default void spare() {
    // Where what changed is told, a look is at little.
  }

  /// What is looked for now. Asked once for each look.
  List<FilePattern> patterns();

  /// The walk for one of the patterns is next.
  ///
  /// @return false when it is left out: what the walk before found is taken for what is there
  default boolean begin(FilePattern pattern) {
    return true;
  }

  /// Whether the look left out what lies below a path, so that nothing new is known of that.
  default boolean isResting(Path path) {
    return false;
  }

  /// The look for which [#patterns] was asked is over.
  void finish();

  /// How much of the time since [#patterns] was asked went to what rests for that by itself.
  default long restingNanos() {
    return 0;
  }

  /// Whether it can be told what changed. Where not, each look is one at everything.
  boolean isWatched();

  /// Endings of names of files that are not read, though they match: compressed ones.
  List<String> notRead();

  FileStats stats();

  /// Whether all that the patterns should say is known, so that what is missing is gone.
  boolean isKnown();

  /// What keeps files from being found; one line each.
  List<String> problems();

  /// The names in a directory, each of which can be part of a path.
  ///
  /// @param onWatchable gets the directory, as this process sees it, if it can be watched
  /// @param problems gets a line for each name that cannot
  /// @throws java.nio.file.NoSuchFileException when there is no such directory
  /// @throws java.nio.file.NotDirectoryException when it is none
  List<String> names(Path directory, Consumer<Path> onWatchable, Consumer<String> problems)
      throws IOException;

  /// Whether there is a directory itself, and no link to one.
  boolean isDirectory(Path path);

  /// Whether there is a directory, or a link to one.
  boolean leadsToDirectory(Path path);

  /// What is there that is neither a file nor a directory, and leads to none, in words; empty also
  /// when it is gone, or was among [#problems] already.
  Optional<String> oddity(Path path);

  /// Follows links.
  FileStats.Stat stat(Path file) throws IOException;

  /// Opens a file if it is still the one that was found.
  ///
  /// @return null when it is another
  @Nullable FileChannel open(Path file, FileId found) throws IOException;

  /// What the host calls a file, to compare it with other sources' patterns; empty when it is not
  /// among those that they could match.
  Optional<Path> hostPath(Path file);
}
