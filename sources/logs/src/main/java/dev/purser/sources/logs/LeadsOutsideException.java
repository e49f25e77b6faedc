package dev.purser.sources.logs;

import dev.purser.core.text.Excerpt;
import java.io.IOException;
import java.nio.file.Path;

/// A path leads by a link out of the directories in which containers' logs are.
final class LeadsOutsideException extends IOException {
  private static final long serialVersionUID = 1;

  /// @param target where it leads on the host
  LeadsOutsideException(Path target) {
    super(
        "a link leads to \""
            + Excerpt.of(target)
            + "\", which lies below neither paths nor docker of sources.containers; if containers"
            + " have their logs there, name that directory as one of them");
  }
}
