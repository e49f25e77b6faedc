package dev.purser.sources.logs;

import java.util.Comparator;
import java.util.Optional;

/// The name that a rotation gave a file: `app.log.1`, `app.log-20261123`, kubelet's
/// `0.log.20261123-043802`, lumberjack's `audit-2026-11-23T04-38-02.000.log`.
///
/// @param base the name it had while it was written
/// @param numbered whether `stamp` counts rotations, else it is a time
/// @param stamp the digits of the suffix
record RotatedName(String base, boolean numbered, String stamp) {
  private static final String LUMBERJACK = "dddd-dd-ddTdd-dd-dd.ddd";
  private static final int MAX_NUMBER_DIGITS = 5;

  /// Oldest first: numbers descending, times ascending.
  static final Comparator<RotatedName> OLDEST_FIRST =
      Comparator.comparing(RotatedName::numbered)
          .thenComparing(
              (a, b) -> a.numbered ? compare(b.stamp, a.stamp) : compare(a.stamp, b.stamp));

  static Optional<RotatedName> parse(String name) {
    for (int i = 1; i < name.length() - 1; i++) {
      char separator = name.charAt(i);
      if (separator != '.' && separator != '-') {
        continue;
      }
      String suffix = name.substring(i + 1);
      String base = name.substring(0, i);
      if (separator == '-' && hasForm(suffix, LUMBERJACK)) {
        String extension = suffix.substring(LUMBERJACK.length());
        if (extension.isEmpty() || extension.charAt(0) == '.') {
          return Optional.of(
              new RotatedName(
                  base + extension, false, digits(suffix.substring(0, LUMBERJACK.length()))));
        }
      }
      if (separator == '.' && suffix.length() <= MAX_NUMBER_DIGITS && isNumber(suffix)) {
        return Optional.of(new RotatedName(base, true, digits(suffix)));
      }
      if (isTime(suffix)) {
        return Optional.of(new RotatedName(base, false, digits(suffix)));
      }
    }
    return Optional.empty();
  }

  private static boolean isTime(String suffix) {
    if (isNumber(suffix) && (suffix.length() == 10 || suffix.length() == 13)) {
      return true;
    }
    if (!hasForm(suffix, "dddddddd") && !hasForm(suffix, "dddd-dd-dd")) {
      return false;
    }
    for (int i = 0; i < suffix.length(); i++) {
      char c = suffix.charAt(i);
      if (!isDigit(c) && "-_:.,TZ".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  /// Whether `text` begins with `form`, in which `d` stands for a digit.
  private static boolean hasForm(String text, String form) {
    if (text.length() < form.length()) {
      return false;
    }
    for (int i = 0; i < form.length(); i++) {
      char c = text.charAt(i);
      if (form.charAt(i) == 'd' ? !isDigit(c) : c != form.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNumber(String text) {
    return text.chars().allMatch(RotatedName::isDigit);
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static String digits(String text) {
    StringBuilder digits = new StringBuilder();
    text.chars().filter(RotatedName::isDigit).forEach(c -> digits.append((char) c));
    return digits.toString();
  }

  /// As numbers where the lengths differ only by leading digits of a count; times of one form have
  /// equal lengths.
  private static int compare(String a, String b) {
    String left = a.replaceFirst("^0+(?=.)", "");
    String right = b.replaceFirst("^0+(?=.)", "");
    return left.length() != right.length()
        ? Integer.compare(left.length(), right.length())
        : left.compareTo(right);
  }
}
