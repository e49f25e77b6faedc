package dev.purser.transport;

import java.io.IOException;

/// Whoever answers at the hub's address did not prove to know the token, or is not the one that
/// did. They were not sent it.
final class UnprovenHub extends IOException {
  private static final long serialVersionUID = 1;

  UnprovenHub(String message) {
    super(message);
  }

  UnprovenHub(String message, Throwable cause) {
    super(message, cause);
  }
}
