package dev.purser.sources.logs;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// What has changed below the directories of a source since it last looked, as far as anybody told.
///
/// @param everything whether something may have changed that nobody told
/// @param blind whether nobody tells of writes, so that only a file's bytes show that it is the
///   same
/// @param overflown whether the kernel had to drop some of its word of files that came and went
/// @param directories in which a name came or went
/// @param trees directories that came or went themselves, with all below them
/// @param files that were written to
/// @param made how many files were made under a path, less those that were deleted unwritten
record Changes(
    boolean everything,
    boolean blind,
    boolean overflown,
    Set<Path> directories,
    Set<Path> trees,
    Set<Path> files,
    Map<Path, Integer> made) {

  static Changes none() {
    return new Changes(
        false, false, false, new HashSet<>(), new HashSet<>(), new HashSet<>(), new HashMap<>());
  }

  /// These, for a look at everything.
  Changes all(boolean isBlind) {
    return new Changes(true, isBlind, overflown, Set.of(), Set.of(), files, made);
  }

  /// These, which are not all.
  ///
  /// @param overflown whether files may be missing among those that were made
  Changes andOthers(boolean isBlind, boolean overflown) {
    return new Changes(true, isBlind, overflown, Set.of(), Set.of(), files, made);
  }

  /// These, and what may have changed in some directories.
  Changes within(Set<Path> others) {
    if (everything || others.isEmpty()) {
      return this;
    }
    Set<Path> all = new HashSet<>(directories);
    all.addAll(others);
    return new Changes(false, blind, overflown, all, trees, files, made);
  }

  /// Whether only a look at directories shows what they come to.
  boolean needLook() {
    return everything || !directories.isEmpty() || !trees.isEmpty();
  }
}
