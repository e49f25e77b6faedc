package dev.purser.transport;

import java.io.IOException;

/// Bytes of the far side that break docs/formats/transport.md.
final class Malformed extends IOException {
  private static final long serialVersionUID = 1;

  Malformed(String message) {
    super(message);
  }
}
