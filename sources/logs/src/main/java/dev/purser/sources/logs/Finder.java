package dev.purser.sources.logs;

import dev.purser.core.text.Excerpt;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// Looks which files the patterns of a source match now. Owned by one thread.
final class Finder {
  /// So many directories with links that lead nowhere are read anew in each look, beside those in
  /// which something changed.
  private static final int MOST_LED_NOWHERE = 100;

  private final FileTree tree;
  private final List<Path> exclude;
  private final Owner owner;
  private final Consumer<Path> onDirectory;

  private final Map<Path, Listing> listings = new HashMap<>();
  private Map<FileId, FoundFile> found = new HashMap<>();

  /// What each pattern led to when it was last walked.
  private Map<FilePattern, List<FoundFile>> walked = Map.of();

  /// What the look before found.
  private Map<FileId, FoundFile> before = Map.of();

  private List<FilePattern> patterns = List.of();
  private long looks;

  /// Who knows what belongs to this source and to no other.
  interface Owner {
    /// @param path of the file, if it is compressed of what it holds
    /// @param isKnown whether the look before found it to be so, under the same path
    boolean isMine(Path path, FileId file, boolean isKnown);
  }

  /// @param onDirectory called with each directory before it is listed
  Finder(FileTree tree, List<Path> exclude, Owner owner, Consumer<Path> onDirectory) {
    this.tree = tree;
    this.exclude = List.copyOf(exclude);
    this.owner = owner;
    this.onDirectory = onDirectory;
  }

  /// One look.
  ///
  /// @param files each once, in the order of [FoundFile#OLDEST_FIRST]
  /// @param compressed likewise; with the sizes that they have on disk
  /// @param otherNames under which files lie that have several and are written
  /// @param problems one line each
  /// @param complete whether every directory could be listed, so that what is missing is nowhere;
  ///   of a single file [#isGone] knows more
  record Look(
      List<FoundFile> files,
      List<FoundFile> compressed,
      List<FoundFile> otherNames,
      List<String> problems,
      boolean complete) {}

  /// Looks again at what may have changed, and takes the rest as it was.
  Look look(Changes changes) {
    looks++;
    before = found;
    found = new HashMap<>();
    List<FoundFile> otherNames = new ArrayList<>();
    try {
      patterns = tree.patterns();
      forget(changes);
      Map<FilePattern, List<FoundFile>> now = new HashMap<>();
      for (FilePattern pattern : patterns) {
        List<FoundFile> files = walk(pattern);
        for (FoundFile file : files) {
          FoundFile other = found.get(file.id());
          FoundFile named = other == null ? file : better(other, file);
          found.put(file.id(), named);
          if (other != null && !other.path().equals(file.path())) {
            otherNames.add(named.equals(file) ? other : file);
          }
        }
        now.put(pattern, files);
      }
      walked = now;
    } finally {
      tree.finish();
      before = Map.of();
    }
    listings
        .entrySet()
        .removeIf(each -> each.getValue().lastLook() < looks && !tree.isResting(each.getKey()));
    Set<String> problems = new TreeSet<>(tree.problems());
    Set<Path> notRead = new TreeSet<>();
    boolean complete = tree.isKnown();
    for (Listing listing : listings.values()) {
      problems.addAll(listing.problems());
      notRead.addAll(listing.notRead());
      complete &= listing.isComplete();
    }
    if (!notRead.isEmpty()) {
      problems.add(
          Excerpt.of(notRead.iterator().next())
              + (notRead.size() == 1 ? "" : " and " + (notRead.size() - 1) + " more")
              + ": compressed files of this kind are not read here; decompress it under a matching"
              + " name if you want it");
    }
    Map<Boolean, List<FoundFile>> files =
        found.values().stream()
            .sorted(FoundFile.OLDEST_FIRST)
            .collect(Collectors.partitioningBy(FoundFile::isCompressed));
    return new Look(
        files.getOrDefault(false, List.of()),
        files.getOrDefault(true, List.of()),
        otherNames.stream().filter(file -> !file.isRotated()).toList(),
        List.copyOf(problems),
        complete);
  }

  FileTree tree() {
    return tree;
  }

  /// What a file is that was opened under a path; empty when it is none of this source's.
  Optional<FoundFile> identify(Path path, FileStats.Stat stat) {
    return match(path)
        .map(
            match -> new FoundFile(path, path.resolveSibling(match.base()), match.rotation(), stat))
        .filter(file -> isMine(file, found));
  }

  /// Whether a file of this name would be one that is written, by its path alone.
  boolean isWritten(Path path) {
    return match(path).filter(match -> match.rotation() == null).isPresent();
  }

  private Optional<FilePattern.Match> match(Path path) {
    String name = String.valueOf(path.getFileName());
    return isExcluded(path) || without(tree.notRead(), name).isPresent()
        ? Optional.empty()
        : patterns.stream()
            .filter(pattern -> pattern.covers(path))
            .flatMap(pattern -> match(pattern, name).stream())
            .findFirst();
  }

  private boolean isMine(FoundFile file, Map<FileId, FoundFile> known) {
    FoundFile same = known.get(file.id());
    boolean isKnown = same != null && same.path().equals(file.path());
    return file.stat().isRegularFile() && owner.isMine(file.decompressedPath(), file.id(), isKnown);
  }

  /// Whether a file that the last look did not find is gone from the path under which it lay
  /// before: its directory was listed without it, or is itself missing from one that was listed.
  /// What is in a directory that cannot be listed is not known, and says nothing of what is
  /// elsewhere.
  boolean isGone(Path path) {
    if (tree.isResting(path)) {
      return false;
    }
    Path name = path;
    for (Path above = path.getParent(); above != null; above = above.getParent()) {
      Listing listing = listings.get(above);
      if (listing != null) {
        return listing.isComplete()
            && (name.equals(path) || !listing.hasDirectory(String.valueOf(name.getFileName())));
      }
      name = above;
    }
    // No pattern leads there any more.
    return tree.isKnown();
  }

  /// Whether the last look saw something of this name that is no file, or none of this source's.
  boolean isOther(Path path) {
    Listing listing = listings.get(path.getParent());
    return listing != null
        && listing.names().contains(String.valueOf(path.getFileName()))
        && found.values().stream().noneMatch(file -> file.path().equals(path));
  }

  private void forget(Changes changes) {
    if (changes.everything()) {
      listings.keySet().removeIf(directory -> !tree.isResting(directory));
      return;
    }
    changes.directories().forEach(listings::remove);
    listings.entrySet().stream()
        .filter(each -> each.getValue().leadsNowhere())
        .map(Map.Entry::getKey)
        .limit(MOST_LED_NOWHERE)
        .toList()
        .forEach(listings::remove);
    for (Path tree : changes.trees()) {
      listings.keySet().removeIf(directory -> directory.startsWith(tree));
    }
  }

  private List<FoundFile> walk(FilePattern pattern) {
    boolean isLeftOut = !tree.begin(pattern);
    List<FoundFile> last = walked.get(pattern);
    if (isLeftOut && last != null) {
      return last;
    }
    List<FoundFile> files = new ArrayList<>();
    walk(pattern, Path.of("/"), 0, files);
    return files;
  }

  private void walk(FilePattern pattern, Path directory, int part, List<FoundFile> into) {
    if (isExcluded(directory)) {
      return;
    }
    List<FilePattern.Part> parts = pattern.parts();
    FilePattern.Part next = parts.get(part);
    if (part == parts.size() - 1) {
      Listing listing = list(directory);
      into.addAll(listing.files(pattern, () -> files(listing, directory, pattern)));
    } else if (next.isAny()) {
      walk(pattern, directory, part + 1, into);
      Listing listing = list(directory);
      for (String name : listing.names()) {
        if (listing.isDirectory(name, false)) {
          walk(pattern, directory.resolve(name), part, into);
        }
      }
    } else if (next.isLiteral()) {
      walk(pattern, directory.resolve(next.text()), part + 1, into);
    } else {
      Listing listing = list(directory);
      for (String name : listing.names()) {
        if (next.matches(name) && listing.isDirectory(name, true)) {
          walk(pattern, directory.resolve(name), part + 1, into);
        }
      }
    }
  }

  private Listing list(Path directory) {
    Listing listing = listings.get(directory);
    if (listing == null) {
      listing = read(directory);
      listings.put(directory, listing);
    }
    listing.passBy(looks);
    return listing;
  }

  private Listing read(Path directory) {
    List<String> names = new ArrayList<>();
    List<String> unreadable = new ArrayList<>();
    String problem = "";
    try {
      names.addAll(tree.names(directory, onDirectory, unreadable::add));
    } catch (NoSuchFileException | NotDirectoryException e) {
      names.clear();
    } catch (AccessDeniedException e) {
      problem =
          Excerpt.of(directory)
              + ": may not be listed; run as root, or grant read and search on it";
    } catch (DirectoryIteratorException | IOException e) {
      problem = Excerpt.of(directory) + ": cannot be listed: " + e.getMessage();
    }
    Listing listing = new Listing(tree, directory, names);
    unreadable.forEach(listing::problem);
    if (!problem.isEmpty()) {
      listing.incomplete(problem);
    }
    return listing;
  }

  private List<FoundFile> files(Listing listing, Path directory, FilePattern pattern) {
    List<FoundFile> files = new ArrayList<>();
    for (String name : listing.names()) {
      Path path = directory.resolve(name);
      if (isExcluded(path)) {
        continue;
      }
      Optional<String> other = without(tree.notRead(), name);
      if (other.isEmpty()) {
        match(pattern, name)
            .flatMap(match -> find(listing, directory, name, match))
            .ifPresent(files::add);
      } else if (other.flatMap(pattern::match).isPresent()) {
        listing.notRead(path);
      }
    }
    return files;
  }

  /// What a name stands for. A compressed file is rotated, whatever its name: it is not written.
  private static Optional<FilePattern.Match> match(FilePattern pattern, String name) {
    Optional<String> decompressed = without(List.of(FoundFile.GZIP), name);
    if (decompressed.isEmpty()) {
      return pattern.match(name);
    }
    String base = decompressed.get();
    return pattern
        .match(base)
        .or(() -> pattern.match(name).map(match -> new FilePattern.Match(base, match.rotation())))
        .map(match ->
            match.rotation() != null
                ? match
                : new FilePattern.Match(match.base(), new RotatedName(match.base(), false, "")));
  }

  private Optional<FoundFile> find(
      Listing listing, Path directory, String name, FilePattern.Match match) {
    Path path = directory.resolve(name);
    try {
      FileStats.Stat stat = tree.stat(path);
      Path base = match.base().equals(name) ? path : directory.resolve(match.base());
      FoundFile file = known(new FoundFile(path, base, match.rotation(), stat));
      if (isMine(file, before)) {
        return Optional.of(file);
      }
      if (!stat.isRegularFile()) {
        tellOddity(listing, path);
      }
    } catch (NoSuchFileException e) {
      // Gone again: the next look sees it under its new name, or not at all. Or a link to nowhere.
      if (tellOddity(listing, path)) {
        listing.leadNowhere();
      }
    } catch (AccessDeniedException e) {
      listing.incomplete(
          Excerpt.of(path)
              + ": may not be looked at; run as root, or grant search on its directory");
    } catch (LeadsOutsideException e) {
      listing.problem(Excerpt.of(path) + ": not read: " + e.getMessage());
    } catch (IOException e) {
      listing.problem(Excerpt.of(path) + ": cannot be looked at: " + e.getMessage());
    }
    return Optional.empty();
  }

  /// @return whether there is one
  private boolean tellOddity(Listing listing, Path path) {
    Optional<String> oddity = tree.oddity(path);
    oddity.ifPresent(what ->
        listing.problem(
            Excerpt.of(path) + ": not read: " + what + "; remove it, or leave it out by exclude"));
    return oddity.isPresent();
  }

  /// The same, made of what the look before made, as far as it is equal: others hold that too.
  private FoundFile known(FoundFile file) {
    FoundFile same = before.get(file.id());
    if (same == null || !same.path().equals(file.path()) || !same.base().equals(file.base())) {
      return file;
    }
    return same.equals(file)
        ? same
        : new FoundFile(same.path(), same.base(), file.rotation(), file.stat());
  }

  /// Of two names of one file.
  private static FoundFile better(FoundFile first, FoundFile second) {
    if (first.isRotated() != second.isRotated()) {
      return first.isRotated() ? second : first;
    }
    return first.stat().isFinal() && !second.stat().isFinal() ? second : first;
  }

  private boolean isExcluded(Path path) {
    for (Path excluded : exclude) {
      if (path.startsWith(excluded)) {
        return true;
      }
    }
    return false;
  }

  private static Optional<String> without(List<String> suffixes, String name) {
    for (String suffix : suffixes) {
      if (name.endsWith(suffix) && name.length() > suffix.length()) {
        return Optional.of(name.substring(0, name.length() - suffix.length()));
      }
    }
    return Optional.empty();
  }
}
