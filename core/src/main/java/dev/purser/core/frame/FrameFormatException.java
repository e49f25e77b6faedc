package dev.purser.core.frame;

/// Bytes that are no frame. The message says what was expected and what came; it holds none of the
/// bytes.
public final class FrameFormatException extends Exception {
  private static final long serialVersionUID = 1;

  public FrameFormatException(String message) {
    super(message);
  }
}
