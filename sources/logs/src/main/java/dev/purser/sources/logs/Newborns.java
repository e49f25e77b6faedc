package dev.purser.sources.logs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Opens files as soon as the kernel tells that they were made or renamed: one that is rotated away
/// and deleted before the next look is read all the same. Thread-safe.
final class Newborns implements AutoCloseable {
  /// That many are held open for a look that is late. The look finds the others itself, or they are
  /// counted among the [Births].
  private static final int MOST = 64;

  private final FileTree tree;
  private final Predicate<Path> isOurs;
  private final Map<FileId, Newborn> opened = new LinkedHashMap<>();
  private boolean closed;

  /// @param stat of a moment after it was made
  record Newborn(Path path, FileStats.Stat stat, FileChannel channel) {}

  /// @param tree of which `stat` and `open` may be called by any thread
  /// @param isOurs whether a file of that path may be one of the source's
  Newborns(FileTree tree, Predicate<Path> isOurs) {
    this.tree = tree;
    this.isOurs = isOurs;
  }

  /// A file was made here, or got this name.
  synchronized void add(Path path) {
    if (closed || opened.size() >= MOST || !isOurs.test(path)) {
      return;
    }
    try {
      FileStats.Stat stat = tree.stat(path);
      if (!stat.isRegularFile() || opened.containsKey(stat.id())) {
        return;
      }
      @Nullable FileChannel channel = tree.open(path, stat.id());
      if (channel != null) {
        opened.put(stat.id(), new Newborn(path, stat, channel));
      }
    } catch (IOException e) {
      // The look says what is wrong, if it is still there.
    }
  }

  /// All since they were last taken; whoever takes them closes them.
  synchronized Collection<Newborn> take() {
    Collection<Newborn> taken = new ArrayList<>(opened.values());
    opened.clear();
    return taken;
  }

  @Override
  public synchronized void close() {
    closed = true;
    take().forEach(newborn -> close(newborn.channel()));
  }

  static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It was only read.
    }
  }
}
