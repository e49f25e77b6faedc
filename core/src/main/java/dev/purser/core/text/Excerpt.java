package dev.purser.core.text;

import java.nio.file.Path;

/// Text that others wrote, such as the name of a file, as a message may hold it: in one line, at
/// most so long, and without what a terminal takes for a command or shows in another order.
public final class Excerpt {
  /// Of a path. Names of a pod and of its container take up to 400.
  private static final int MOST_OF_PATH = 600;

  private Excerpt() {}

  /// @param most how many code points are shown; what is longer ends with `…`
  public static String of(String text, int most) {
    StringBuilder shown = new StringBuilder(Math.min(text.length(), most) + 1);
    text.codePoints().limit(most).forEach(c -> shown.appendCodePoint(isPlain(c) ? c : '?'));
    return text.codePointCount(0, text.length()) <= most ? shown.toString() : shown + "…";
  }

  public static String of(Path path) {
    return of(path.toString(), MOST_OF_PATH);
  }

  private static boolean isPlain(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      default -> true;
    };
  }
}
