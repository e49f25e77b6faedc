package dev.purser.sources.logs;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/// What a look saw in a directory, kept until something in it changes. Owned by one thread.
final class Listing {
  private final FileTree tree;
  private final Path directory;
  private final List<String> names;
  private final Map<String, Boolean> directories = new HashMap<>();
  private final Map<String, Boolean> linkedDirectories = new HashMap<>();
  private final Map<FilePattern, List<FoundFile>> files = new HashMap<>();
  private final Set<String> problems = new TreeSet<>();
  private final Set<Path> notRead = new TreeSet<>();
  private boolean complete = true;
  private boolean leadsNowhere;
  private long lastLook;

  /// @param names in it; none when it could not be listed
  Listing(FileTree tree, Path directory, List<String> names) {
    this.tree = tree;
    this.directory = directory;
    this.names = List.copyOf(names);
  }

  List<String> names() {
    return names;
  }

  /// Whether a name is a directory.
  ///
  /// @param links whether a link to one counts
  boolean isDirectory(String name, boolean links) {
    Path child = directory.resolve(name);
    return links
        ? linkedDirectories.computeIfAbsent(name, _ -> tree.leadsToDirectory(child))
        : directories.computeIfAbsent(name, _ -> tree.isDirectory(child));
  }

  /// Whether there is a directory of this name, and no link to one.
  boolean hasDirectory(String name) {
    return names.contains(name) && isDirectory(name, false);
  }

  /// The files in it that a pattern covers.
  ///
  /// @param find looks for them, where they are not known
  List<FoundFile> files(FilePattern pattern, Supplier<List<FoundFile>> find) {
    List<FoundFile> found = files.get(pattern);
    if (found == null) {
      found = List.copyOf(find.get());
      files.put(pattern, found);
    }
    return found;
  }

  void problem(String problem) {
    problems.add(problem);
  }

  /// Something in it may be there that was not seen.
  void incomplete(String problem) {
    complete = false;
    problems.add(problem);
  }

  /// One of its links leads to nothing, where any time something may be made.
  void leadNowhere() {
    leadsNowhere = true;
  }

  boolean leadsNowhere() {
    return leadsNowhere;
  }

  void notRead(Path file) {
    notRead.add(file);
  }

  Set<String> problems() {
    return problems;
  }

  Set<Path> notRead() {
    return notRead;
  }

  boolean isComplete() {
    return complete;
  }

  /// Number of the last look that came by.
  long lastLook() {
    return lastLook;
  }

  void passBy(long look) {
    lastLook = look;
  }
}
