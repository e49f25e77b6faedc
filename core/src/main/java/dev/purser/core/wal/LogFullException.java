package dev.purser.core.wal;

import java.io.IOException;

/// There is no room for an entry now, in the log's budget or on its disk. Nothing was written; it
/// may be tried again.
public final class LogFullException extends IOException {
  private static final long serialVersionUID = 1;

  public LogFullException(String message, Throwable cause) {
    super(message, cause);
  }

  public LogFullException(String message) {
    super(message);
  }
}
