package dev.purser.lake;

import dev.purser.core.config.DataSize;
import dev.purser.core.config.Section;
import java.time.Duration;

/// The `lake` section of the config.
///
/// @param commitEvery rows are in the tables at the latest after this time; SQL sees them at once
/// @param commitBytes staged rows of this size are committed without waiting; twice this may be
///   staged
/// @param retention how long rows are kept, by their `ingest_time`, in whole days
/// @param memory what DuckDB may use for staged rows, sorting and queries; beyond it, it spills to
///   disk
public record LakeConfig(
    Duration commitEvery, DataSize commitBytes, Duration retention, DataSize memory) {
  public static final LakeConfig DEFAULT =
      new LakeConfig(
          Duration.ofSeconds(60),
          DataSize.ofMegabytes(128),
          Duration.ofDays(190),
          DataSize.ofMegabytes(512));

  /// Reads the section; faults are reported to it.
  public static LakeConfig read(Section section) {
    Duration commitEvery = section.duration("commitEvery").orElse(DEFAULT.commitEvery);
    DataSize commitBytes = section.size("commitBytes").orElse(DEFAULT.commitBytes);
    Duration retention = section.duration("retention").orElse(DEFAULT.retention);
    DataSize memory = section.size("memory").orElse(DEFAULT.memory);
    if (commitEvery.compareTo(Duration.ofSeconds(1)) < 0) {
      section.fault("commitEvery", "expected at least 1s, found " + commitEvery.toMillis() + "ms");
    }
    if (commitBytes.bytes() < 1 << 20) {
      section.fault("commitBytes", "expected at least 1MB, found " + commitBytes);
    }
    if (retention.compareTo(Duration.ofDays(1)) < 0) {
      section.fault("retention", "expected at least 1d, found " + retention.toMinutes() + "m");
    }
    if (memory.bytes() < 4 * commitBytes.bytes()) {
      section.fault(
          "memory",
          "expected at least four times commitBytes (" + commitBytes + "), found " + memory);
    }
    section.finish();
    return new LakeConfig(commitEvery, commitBytes, retention, memory);
  }
}
