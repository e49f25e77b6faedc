package dev.purser.core.record;

import java.nio.charset.StandardCharsets;

/// A place in a stream: a decimal byte offset, a resourceVersion, a cursor. Only its source knows
/// what it means; everybody else compares it for equality.
///
/// @param token at most [#MAX_BYTES] bytes of UTF-8; empty is the start of a stream
public record Position(String token) {
  public static final int MAX_BYTES = 1024;
  public static final Position START = new Position("");

  public Position {
    if (token.length() > MAX_BYTES || token.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw new IllegalArgumentException("position longer than " + MAX_BYTES + " bytes");
    }
  }

  /// The position of a byte offset; offset 0 is [#START].
  public static Position ofOffset(long offset) {
    return offset == 0 ? START : new Position(Long.toString(offset));
  }

  /// The byte offset that [#ofOffset] made this position of.
  ///
  /// @throws NumberFormatException when it is no offset
  public long offset() {
    return token.isEmpty() ? 0 : Long.parseLong(token);
  }

  @Override
  public String toString() {
    return token.isEmpty() ? "start" : token;
  }
}
