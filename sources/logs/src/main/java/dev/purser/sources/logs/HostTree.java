package dev.purser.sources.logs;

import dev.purser.core.disk.HostRoot;
import dev.purser.core.text.Excerpt;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The host's files, as its paths name them.
final class HostTree implements FileTree {
  // linux/stat.h
  private static final int S_IFMT = 0170000;
  private static final int S_IFSOCK = 0140000;
  private static final int S_IFBLK = 0060000;
  private static final int S_IFCHR = 0020000;
  private static final int S_IFIFO = 0010000;

  private final HostRoot host;
  private final List<FilePattern> patterns;
  private final Confines confines;
  private final FileStats stats;

  /// Links may lead anywhere.
  HostTree(HostRoot host, List<FilePattern> patterns) {
    this(host, patterns, Confines.none(host));
  }

  /// @param confines how far links may lead
  HostTree(HostRoot host, List<FilePattern> patterns, Confines confines) {
    this.host = host;
    this.patterns = List.copyOf(patterns);
    this.confines = confines;
    this.stats = new FileStats(confines);
  }

  @Override
  public List<FilePattern> patterns() {
    return patterns;
  }

  @Override
  public void finish() {
    // Nothing is held.
  }

  @Override
  public boolean isWatched() {
    return true;
  }

  @Override
  public List<String> notRead() {
    return List.of(".bz2", ".xz", ".zst", ".lz4");
  }

  @Override
  public FileStats stats() {
    return stats;
  }

  @Override
  public boolean isKnown() {
    return true;
  }

  @Override
  public List<String> problems() {
    return List.of();
  }

  @Override
  public List<String> names(Path directory, Consumer<Path> onWatchable, Consumer<String> problems)
      throws IOException {
    List<String> names = new ArrayList<>();
    Path seen;
    try {
      seen = confines.directory(directory);
    } catch (LeadsOutsideException e) {
      problems.accept(Excerpt.of(directory) + ": not looked into: " + e.getMessage());
      return List.of();
    }
    onWatchable.accept(directory);
    try (DirectoryStream<Path> children = Files.newDirectoryStream(seen)) {
      for (Path child : children) {
        String name = child.getFileName().toString();
        if (seen.resolve(name).equals(child)) {
          names.add(name);
        } else {
          problems.accept(
              Excerpt.of(host.shown(child)) + ": its name is no UTF-8, it is not read; rename it");
        }
      }
    }
    return names;
  }

  @Override
  public boolean isDirectory(Path path) {
    return host.isDirectory(path);
  }

  @Override
  public boolean leadsToDirectory(Path path) {
    return host.leadsToDirectory(path);
  }

  @Override
  public Optional<String> oddity(Path path) {
    try {
      return oddity((int) Files.getAttribute(host.at(path), "unix:mode"));
    } catch (NoSuchFileException e) {
      return host.link(path)
          .map(target -> "a link to \"" + Excerpt.of(target) + "\", where nothing is");
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// By the type of a file in its mode: inode(7).
  private static Optional<String> oddity(int mode) {
    return switch (mode & S_IFMT) {
      case S_IFIFO -> Optional.of("a FIFO");
      case S_IFSOCK -> Optional.of("a socket");
      case S_IFCHR, S_IFBLK -> Optional.of("a device");
      default -> Optional.empty();
    };
  }

  @Override
  public FileStats.Stat stat(Path file) throws IOException {
    return stats.read(file);
  }

  @Override
  public @Nullable FileChannel open(Path file, FileId found) throws IOException {
    try (Opened opened = new Opened(stats.open(file))) {
      return is(file, found) ? opened.take() : null;
    }
  }

  private boolean is(Path file, FileId found) throws IOException {
    try {
      return stats.read(file).id().equals(found);
    } catch (NoSuchFileException e) {
      return false; // Renamed or gone after it was opened.
    }
  }

  @Override
  public Optional<Path> hostPath(Path file) {
    return Optional.of(file);
  }
}
