package dev.purser.sources.logs;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/// Looks which files the patterns of a source match now. Owned by one thread.
final class Finder {
  private static final List<String> COMPRESSED = List.of(".gz", ".bz2", ".xz", ".zst", ".lz4");

  private final List<FilePattern> patterns;
  private final List<Path> exclude;
  private final BiPredicate<Path, FileId> mine;
  private final Consumer<Path> onDirectory;
  private final FileStats stats = new FileStats();

  private Map<FileId, FoundFile> found = new HashMap<>();
  private TreeSet<String> problems = new TreeSet<>();
  private TreeSet<Path> compressed = new TreeSet<>();
  private boolean complete;

  /// @param mine whether a file belongs to this source and to no other
  /// @param onDirectory called with each directory before it is listed
  Finder(
      List<FilePattern> patterns,
      List<Path> exclude,
      BiPredicate<Path, FileId> mine,
      Consumer<Path> onDirectory) {
    this.patterns = List.copyOf(patterns);
    this.exclude = List.copyOf(exclude);
    this.mine = mine;
    this.onDirectory = onDirectory;
  }

  /// One look.
  ///
  /// @param files each once, in the order of [FoundFile#OLDEST_FIRST]
  /// @param problems one line each
  /// @param complete whether every directory could be listed, so that what is missing is gone
  record Look(List<FoundFile> files, List<String> problems, boolean complete) {}

  Look look() {
    found = new HashMap<>();
    problems = new TreeSet<>();
    compressed = new TreeSet<>();
    complete = true;
    for (FilePattern pattern : patterns) {
      walk(pattern, Path.of("/"), 0);
    }
    if (!compressed.isEmpty()) {
      problems.add(
          compressed.first()
              + (compressed.size() == 1 ? "" : " and " + (compressed.size() - 1) + " more")
              + ": compressed files are not read; decompress them under a matching name if you want them");
    }
    List<FoundFile> files = new ArrayList<>(found.values());
    files.sort(FoundFile.OLDEST_FIRST);
    return new Look(files, List.copyOf(problems), complete);
  }

  FileStats stats() {
    return stats;
  }

  private void walk(FilePattern pattern, Path directory, int part) {
    if (isExcluded(directory)) {
      return;
    }
    List<FilePattern.Part> parts = pattern.parts();
    if (part == parts.size() - 1) {
      for (String name : names(directory)) {
        pattern.match(name).ifPresent(match -> file(directory, name, match));
        withoutCompression(name).flatMap(pattern::match).ifPresent(m -> skip(directory, name));
      }
      return;
    }
    FilePattern.Part next = parts.get(part);
    if (next.isAny()) {
      walk(pattern, directory, part + 1);
      for (String name : names(directory)) {
        Path child = directory.resolve(name);
        if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
          walk(pattern, child, part);
        }
      }
    } else if (next.isLiteral()) {
      walk(pattern, directory.resolve(next.text()), part + 1);
    } else {
      for (String name : names(directory)) {
        Path child = directory.resolve(name);
        if (next.matches(name) && Files.isDirectory(child)) {
          walk(pattern, child, part + 1);
        }
      }
    }
  }

  private List<String> names(Path directory) {
    List<String> names = new ArrayList<>();
    onDirectory.accept(directory);
    try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
      for (Path child : children) {
        String name = child.getFileName().toString();
        if (directory.resolve(name).equals(child)) {
          names.add(name);
        } else {
          problems.add(child + ": its name is no UTF-8, it is not read; rename it");
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    } catch (AccessDeniedException e) {
      complete = false;
      problems.add(directory + ": may not be listed; run as root, or grant read and search on it");
    } catch (DirectoryIteratorException | IOException e) {
      complete = false;
      problems.add(directory + ": cannot be listed: " + e.getMessage());
    }
    return names;
  }

  private void file(Path directory, String name, FilePattern.Match match) {
    Path path = directory.resolve(name);
    if (isExcluded(path) || withoutCompression(name).isPresent()) {
      return;
    }
    try {
      FileStats.Stat stat = stats.read(path);
      if (!stat.isRegularFile() || !mine.test(path, stat.id())) {
        return;
      }
      FoundFile file = new FoundFile(path, directory.resolve(match.base()), match.rotation(), stat);
      found.merge(stat.id(), file, (a, b) -> !a.isRotated() || b.isRotated() ? a : b);
    } catch (NoSuchFileException e) {
      // Gone again, or a link to nowhere: the next look sees it under its new name, or not at all.
    } catch (AccessDeniedException e) {
      complete = false;
      problems.add(path + ": may not be looked at; run as root, or grant search on its directory");
    } catch (IOException e) {
      problems.add(path + ": cannot be looked at: " + e.getMessage());
    }
  }

  private void skip(Path directory, String name) {
    if (!isExcluded(directory.resolve(name))) {
      compressed.add(directory.resolve(name));
    }
  }

  private boolean isExcluded(Path path) {
    for (Path excluded : exclude) {
      if (path.startsWith(excluded)) {
        return true;
      }
    }
    return false;
  }

  private static java.util.Optional<String> withoutCompression(String name) {
    for (String suffix : COMPRESSED) {
      if (name.endsWith(suffix) && name.length() > suffix.length()) {
        return java.util.Optional.of(name.substring(0, name.length() - suffix.length()));
      }
    }
    return java.util.Optional.empty();
  }
}
