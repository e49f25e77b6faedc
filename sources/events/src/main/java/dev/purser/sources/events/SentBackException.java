package dev.purser.sources.events;

/// The hub did not hold what was thought of a stream; the reader goes on from what it holds.
final class SentBackException extends Exception {
  private static final long serialVersionUID = 1;

  SentBackException() {
    super("the hub sent the stream back", null, false, false);
  }
}
