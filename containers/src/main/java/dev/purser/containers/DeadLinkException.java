package dev.purser.containers;

import dev.purser.core.text.Excerpt;
import java.io.IOException;

/// A link in a container leads to nothing that the container has of its own.
public final class DeadLinkException extends IOException {
  private static final long serialVersionUID = 1;
  private static final int SHOWN = 200;

  private final String target;

  DeadLinkException(String target) {
    super(
        "a link to \""
            + Excerpt.of(target, SHOWN)
            + "\", where the container has no file of its own; it is not followed");
    this.target = target;
  }

  /// What stands in the link.
  public String target() {
    return target;
  }
}
