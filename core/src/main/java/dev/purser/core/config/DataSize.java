package dev.purser.core.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An amount of bytes, written `512`, `64KB`, `128MB` or `2GB`; units are powers of 1024.
public record DataSize(long bytes) {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,12}) ?(B|KB|MB|GB|TB)?");

  public static DataSize ofMegabytes(long megabytes) {
    return new DataSize(megabytes << 20);
  }

  /// Reads a size as written in the config file.
  ///
  /// @throws IllegalArgumentException when `text` is no size
  public static DataSize parse(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("expected a size such as 128MB");
    }
    long number = Long.parseLong(matcher.group(1));
    String unit = matcher.group(2) == null ? "B" : matcher.group(2);
    int shift =
        switch (unit) {
          case "KB" -> 10;
          case "MB" -> 20;
          case "GB" -> 30;
          case "TB" -> 40;
          default -> 0;
        };
    if (number > Long.MAX_VALUE >> shift) {
      throw new IllegalArgumentException("size out of range");
    }
    return new DataSize(number << shift);
  }

  @Override
  public String toString() {
    for (int shift = 40; shift > 0; shift -= 10) {
      if (bytes >= 1L << shift && (bytes & ((1L << shift) - 1)) == 0) {
        return (bytes >> shift) + "KMGT".substring(shift / 10 - 1, shift / 10) + "B";
      }
    }
    return bytes + "B";
  }
}
