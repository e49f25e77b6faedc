package dev.purser.sources.logs;

import java.util.Optional;

/// Which file it is, whatever its name: device, inode, and birth time against inodes used again.
///
/// @param birthNanos nanoseconds since 1970 UTC; 0 where the file system does not keep it
record FileId(long dev, long ino, long birthNanos) {
  /// The kernel tells time by ticks here, so that what it tells may be so much behind.
  private static final long TICK_MICROS = 20_000;

  /// Whether it was surely made before; false where that is not known.
  boolean isBornBefore(long micros) {
    return birthNanos > 0 && birthNanos / 1000 < micros - TICK_MICROS;
  }

  /// Whether it was surely made after; false where that is not known.
  boolean isBornAfter(long micros) {
    return birthNanos / 1000 > micros;
  }

  /// Whether both are of one file, also if its device has another number since the machine started
  /// anew: that does not count where there is a birth time.
  boolean isSame(FileId other) {
    boolean unsure = birthNanos == 0 || other.birthNanos == 0;
    return ino == other.ino && (unsure ? dev == other.dev : birthNanos == other.birthNanos);
  }

  /// Reads what [#toString] wrote.
  static Optional<FileId> parse(String text) {
    String[] parts = text.split("-", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new FileId(
              Long.parseLong(parts[0]),
              Long.parseLong(parts[1]),
              Long.parseUnsignedLong(parts[2], 16)));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return dev + "-" + ino + "-" + Long.toHexString(birthNanos);
  }
}
