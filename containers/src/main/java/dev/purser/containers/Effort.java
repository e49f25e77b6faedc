package dev.purser.containers;

import java.io.IOException;

/// How much is done for one container in one look: a step is a name that is opened or listed. Trees
/// of links and layers make a few names cost without end, and others wait meanwhile. Not
/// thread-safe.
final class Effort {
  private static final int MAX_STEPS = 250_000;

  private int left = MAX_STEPS;

  /// The next look begins.
  void renew() {
    left = MAX_STEPS;
  }

  /// @throws IOException when no step is left
  void step() throws IOException {
    if (left == 0) {
      throw new IOException("more than " + MAX_STEPS + " steps in this container in one look");
    }
    left--;
  }
}
