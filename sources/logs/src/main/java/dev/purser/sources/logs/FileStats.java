package dev.purser.sources.logs;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Opens files of the host, and reads what `stat` knows of them. Thread-safe.
///
/// Where a file system keeps no birth time, Java gives the time of the last change in its place,
/// which must not become part of an identity. So a device's birth times are believed only once a
/// directory above the file shows one that differs from its last change.
final class FileStats {
  private static final String ATTRIBUTES =
      "unix:dev,ino,size,creationTime,lastModifiedTime,isRegularFile";

  private final Confines confines;
  private final Map<Long, Boolean> birthTimes = new ConcurrentHashMap<>();

  /// Of files to which links may lead from anywhere.
  FileStats(HostRoot host) {
    this(Confines.none(host));
  }

  FileStats(Confines confines) {
    this.confines = confines;
  }

  /// @param mtimeMicros last change, microseconds since 1970 UTC
  /// @param isFinal whether nobody is there any more who could write to it
  record Stat(FileId id, long size, long mtimeMicros, boolean isRegularFile, boolean isFinal) {
    Stat asFinal() {
      return new Stat(id, size, mtimeMicros, isRegularFile, true);
    }
  }

  /// Follows symbolic links.
  Stat read(Path hostPath) throws IOException {
    Path file = confines.file(hostPath);
    Map<String, Object> attributes = Files.readAttributes(file, ATTRIBUTES);
    return stat(attributes, hasBirthTimes(value(attributes, "dev", Long.class), file));
  }

  /// As [#read], of a file above which this process sees no directories. It has no birth time then.
  Stat readAlone(Path file) throws IOException {
    return stat(Files.readAttributes(file, ATTRIBUTES), false);
  }

  private static Stat stat(Map<String, Object> attributes, boolean hasBirthTime) {
    FileTime birth = value(attributes, "creationTime", FileTime.class);
    FileTime changed = value(attributes, "lastModifiedTime", FileTime.class);
    return new Stat(
        new FileId(
            value(attributes, "dev", Long.class),
            value(attributes, "ino", Long.class),
            hasBirthTime ? birth.to(TimeUnit.NANOSECONDS) : 0),
        value(attributes, "size", Long.class),
        changed.to(TimeUnit.MICROSECONDS),
        value(attributes, "isRegularFile", Boolean.class),
        false);
  }

  /// Opens a file for reading.
  FileChannel open(Path hostPath) throws IOException {
    return confines.open(hostPath);
  }

  private boolean hasBirthTimes(long dev, Path file) throws IOException {
    Boolean known = birthTimes.get(dev);
    if (known == null) {
      known = probe(dev, file.toRealPath().getParent());
      birthTimes.put(dev, known);
    }
    return known;
  }

  private static boolean probe(long dev, @Nullable Path start) throws IOException {
    for (Path directory = start; directory != null; directory = directory.getParent()) {
      Map<String, Object> attributes = Files.readAttributes(directory, ATTRIBUTES);
      if (value(attributes, "dev", Long.class) != dev) {
        return false;
      }
      FileTime birth = value(attributes, "creationTime", FileTime.class);
      if (birth.toMillis() != 0
          && !birth.equals(value(attributes, "lastModifiedTime", FileTime.class))) {
        return true;
      }
    }
    return false;
  }

  private static <T> T value(Map<String, Object> attributes, String name, Class<T> type) {
    return Objects.requireNonNull(type.cast(attributes.get(name)), name);
  }
}
