package dev.purser.sources.logs;

import dev.purser.core.config.DataSize;
import dev.purser.core.config.Section;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a [FileSource] reads, and how.
///
/// @param name of the source, for messages; with `from: end` it is also how the hub remembers the
///   first start
/// @param patterns absolute paths with wildcards, see [FilePattern]
/// @param from where to begin in files that are there at the first start; later ones are always
///   read from the beginning
/// @param maxRecordBytes longer records are cut into pieces of this size
/// @param poll how often to look when nothing hints at a change
/// @param idle how long a rotated or deleted file must stay unchanged to count as finished
/// @param heldBytes how much of the disk files may take that were deleted and are not read yet
/// @param exclude files that are not read, and directories of which nothing is read
/// @param spool directory of its own, for what is to outlive the agent; made when it is needed.
///   Empty if nothing is
public record FileSourceConfig(
    String name,
    List<String> patterns,
    From from,
    int maxRecordBytes,
    Duration poll,
    Duration idle,
    DataSize heldBytes,
    List<Path> exclude,
    Optional<Path> spool) {
  public static final int DEFAULT_MAX_RECORD_BYTES = 1 << 20;
  public static final Duration DEFAULT_POLL = Duration.ofSeconds(1);
  public static final Duration DEFAULT_IDLE = Duration.ofSeconds(5);
  public static final DataSize DEFAULT_HELD_BYTES = new DataSize(2L << 30);

  /// Where reading begins.
  public enum From {
    BEGINNING,
    END
  }

  /// @throws IllegalArgumentException when a pattern is not valid, or a size out of range
  public FileSourceConfig {
    patterns = List.copyOf(patterns);
    exclude = List.copyOf(exclude);
    patterns.forEach(FilePattern::new);
    if (maxRecordBytes < 16 || maxRecordBytes > 1 << 26) {
      throw new IllegalArgumentException("maxRecordBytes " + maxRecordBytes);
    }
  }

  /// With the defaults for all other sizes and times.
  public static FileSourceConfig of(
      String name,
      List<String> patterns,
      From from,
      DataSize heldBytes,
      List<Path> exclude,
      AgentHome home) {
    return new FileSourceConfig(
        name,
        patterns,
        from,
        DEFAULT_MAX_RECORD_BYTES,
        DEFAULT_POLL,
        DEFAULT_IDLE,
        heldBytes,
        with(exclude, home.directory()),
        home.spool(name));
  }

  private static List<Path> with(List<Path> exclude, Path data) {
    List<Path> all = new ArrayList<>(exclude);
    all.add(data);
    return all;
  }

  /// Reads `heldBytes` of a source.
  static DataSize heldBytes(Section section) {
    return section.size("heldBytes").orElse(DEFAULT_HELD_BYTES);
  }
}
