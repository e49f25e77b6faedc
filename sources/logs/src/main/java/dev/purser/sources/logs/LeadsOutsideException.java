package dev.purser.sources.logs;

import dev.purser.core.text.Excerpt;
import java.io.IOException;
import java.nio.file.Path;

/// A path leads by a link to where no containers' logs are.
final class LeadsOutsideException extends IOException {
  private static final long serialVersionUID = 1;

  private LeadsOutsideException(Path target, String reason) {
    super("a link leads to \"" + Excerpt.of(target) + "\", " + reason);
  }

  /// @param target where it leads on the host
  static LeadsOutsideException outside(Path target) {
    return new LeadsOutsideException(
        target,
        "which lies below neither paths nor docker of sources.containers; if containers"
            + " have their logs there, name that directory as one of them");
  }

  /// @param target as in [#outside]
  static LeadsOutsideException toNoLog(Path target) {
    return new LeadsOutsideException(target, "where no kubelet's does: to no output of Docker's");
  }
}
