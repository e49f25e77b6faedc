package dev.purser.sources.logs;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/// What has changed below the directories of a source since it last looked, as far as anybody told.
///
/// @param everything whether something may have changed that nobody told
/// @param blind whether nobody tells of writes, so that only a file's bytes show that it is the
///   same
/// @param directories in which a name came or went
/// @param trees directories that came or went themselves, with all below them
/// @param files that were written to
record Changes(
    boolean everything, boolean blind, Set<Path> directories, Set<Path> trees, Set<Path> files) {

  static Changes none() {
    return new Changes(false, false, new HashSet<>(), new HashSet<>(), new HashSet<>());
  }

  /// For a look at everything.
  static Changes all(boolean blind) {
    return new Changes(true, blind, Set.of(), Set.of(), Set.of());
  }

  /// These, and what may have changed in some directories.
  Changes within(Set<Path> others) {
    if (everything || others.isEmpty()) {
      return this;
    }
    Set<Path> all = new HashSet<>(directories);
    all.addAll(others);
    return new Changes(false, blind, all, trees, files);
  }

  /// Whether only a look at directories shows what they come to.
  boolean needLook() {
    return everything || !directories.isEmpty() || !trees.isEmpty();
  }
}
