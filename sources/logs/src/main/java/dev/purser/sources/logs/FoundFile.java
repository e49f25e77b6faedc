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
}
