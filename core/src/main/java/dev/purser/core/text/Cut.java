package dev.purser.core.text;

/// Text of others, in which a place for it has room.
public final class Cut {
  private static final String MORE = "\u2026";

  private Cut() {}

  /// The text, or its beginning with an ellipsis behind it.
  ///
  /// @param most characters of the result, two or more
  public static String to(int most, String text) {
    if (text.length() <= most) {
      return text;
    }
    int end = most - MORE.length();
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end)
        + MORE;
  }
}
