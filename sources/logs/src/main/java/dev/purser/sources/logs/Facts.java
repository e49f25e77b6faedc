package dev.purser.sources.logs;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What the last look at the directories showed of a file.
///
/// @param path where it lies, or last lay
/// @param base the path it is or was written under
/// @param rotated whether it no longer has that path
/// @param gone whether no path shows it
/// @param quietSinceMicros since when neither its size nor its name changed
/// @param finished whether nobody writes to it any more: it is final, or rotated or gone and was
///   quiet long enough
record Facts(
    Path path,
    Path base,
    boolean rotated,
    boolean gone,
    long size,
    long quietSinceMicros,
    boolean finished) {

  static Facts of(FoundFile found, @Nullable Facts before, long nowMicros, long idleMicros) {
    boolean changed =
        before != null
            && (before.size != found.stat().size()
                || before.rotated != found.isRotated()
                || before.gone);
    long quietSince =
        changed
            ? nowMicros
            : before == null
                ? Math.min(nowMicros, found.stat().mtimeMicros())
                : before.quietSinceMicros;
    return new Facts(
        found.path(),
        found.base(),
        found.isRotated(),
        false,
        found.stat().size(),
        quietSince,
        found.stat().isFinal() || (found.isRotated() && nowMicros - quietSince >= idleMicros));
  }

  /// The file was missing; `sizeNow` is its size if it is still open.
  Facts missing(long sizeNow, long nowMicros, long idleMicros) {
    long quietSince = !gone || sizeNow != size ? nowMicros : quietSinceMicros;
    return new Facts(
        path,
        base,
        rotated,
        true,
        sizeNow,
        quietSince,
        gone && nowMicros - quietSince >= idleMicros);
  }

  /// The file was missing, but a compressed one may hold what it held.
  Facts compressed(long sizeNow, long nowMicros, long idleMicros) {
    long quietSince = !rotated || sizeNow != size ? nowMicros : quietSinceMicros;
    return new Facts(
        path, base, true, false, sizeNow, quietSince, nowMicros - quietSince >= idleMicros);
  }

  Facts sized(long newSize) {
    return new Facts(path, base, rotated, gone, newSize, quietSinceMicros, finished);
  }
}
