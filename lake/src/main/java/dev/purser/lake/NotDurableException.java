package dev.purser.lake;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The disk did not confirm that bytes are stored. What the kernel holds of them cannot be trusted
/// any more, and trying again proves nothing: the hub must stop. Nothing is lost, the write-ahead
/// log still holds all rows.
public final class NotDurableException extends UncheckedIOException {
  private static final long serialVersionUID = 1;

  NotDurableException(Path path, IOException cause) {
    super(
        "fsync of "
            + path
            + " failed ("
            + cause.getMessage()
            + "); the hub must stop: check the disk, then start it again; no accepted row is lost",
        cause);
  }

  /// The one in a chain of causes.
  static @Nullable NotDurableException in(@Nullable Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof NotDurableException found) {
        return found;
      }
    }
    return null;
  }
}
