package dev.purser.transport;

import java.io.IOException;

/// The hub answered, with a status that is no success.
final class HubRefusal extends IOException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String error;

  HubRefusal(int status, String error, String message) {
    super(message);
    this.status = status;
    this.error = error;
  }

  int status() {
    return status;
  }

  /// The hub's own sentence.
  String error() {
    return error;
  }
}
