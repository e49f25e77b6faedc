package dev.purser.sources.logs;

import java.nio.file.Path;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/// A file as one look at the directories showed it.
///
/// @param path where it lies now
/// @param base the path it is or was written under
/// @param rotation null while it is not rotated
record FoundFile(Path path, Path base, @Nullable RotatedName rotation, FileStats.Stat stat) {

  /// What the name of a compressed file ends with.
  static final String GZIP = ".gz";

  /// By base, rotated ones oldest first, then the one still written.
  static final Comparator<FoundFile> OLDEST_FIRST =
      Comparator.comparing(FoundFile::base)
          .thenComparing(FoundFile::rotation, Comparator.nullsLast(RotatedName.OLDEST_FIRST))
          .thenComparingLong(file -> file.stat().mtimeMicros());

  FileId id() {
    return stat.id();
  }

  boolean isRotated() {
    return rotation != null;
  }

  boolean isCompressed() {
    return path.toString().endsWith(GZIP);
  }

  /// Where it lay before it was compressed; its path if it is not.
  Path decompressedPath() {
    String name = path.toString();
    return isCompressed() ? Path.of(name.substring(0, name.length() - GZIP.length())) : path;
  }

  /// As if what it holds lay there as it is.
  ///
  /// @param size of that
  FoundFile holding(long size) {
    return new FoundFile(
        path,
        base,
        rotation,
        new FileStats.Stat(
            stat.id(), size, stat.mtimeMicros(), stat.isRegularFile(), stat.isFinal()));
  }
}
