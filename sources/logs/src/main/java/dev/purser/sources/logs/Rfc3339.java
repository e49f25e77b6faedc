package dev.purser.sources.logs;

import dev.purser.core.table.MalformedRecordException;
import java.time.LocalDate;

/// Times such as `2026-11-23T04:38:02.123456789Z` or with `+01:00`, as container runtimes write
/// them (RFC 3339).
final class Rfc3339 {
  private static final String FORM = "dddd-dd-ddTdd:dd:dd";
  private static final long MICROS = 1_000_000;

  private Rfc3339() {}

  /// Microseconds since 1970 UTC of the time in `bytes[from, to)`; further digits are cut.
  static long micros(byte[] bytes, int from, int to) throws MalformedRecordException {
    int end = from + FORM.length();
    if (to <= end) {
      throw malformed();
    }
    for (int i = 0; i < FORM.length(); i++) {
      byte b = bytes[from + i];
      if (FORM.charAt(i) == 'd' ? !isDigit(b) : b != FORM.charAt(i)) {
        throw malformed();
      }
    }
    long seconds =
        day(number(bytes, from, 4), number(bytes, from + 5, 2), number(bytes, from + 8, 2)) * 86400
            + number(bytes, from + 11, 2) * 3600L
            + number(bytes, from + 14, 2) * 60L
            + number(bytes, from + 17, 2);
    long fraction = 0;
    int i = end;
    if (bytes[i] == '.') {
      i++;
      for (long unit = MICROS / 10; i < to && isDigit(bytes[i]); i++, unit /= 10) {
        fraction += (bytes[i] - '0') * unit;
      }
    }
    return (seconds - offsetSeconds(bytes, i, to)) * MICROS + fraction;
  }

  private static long offsetSeconds(byte[] bytes, int from, int to)
      throws MalformedRecordException {
    if (to - from == 1 && bytes[from] == 'Z') {
      return 0;
    }
    if (to - from != 6
        || (bytes[from] != '+' && bytes[from] != '-')
        || bytes[from + 3] != ':'
        || !isDigit(bytes[from + 1])
        || !isDigit(bytes[from + 2])
        || !isDigit(bytes[from + 4])
        || !isDigit(bytes[from + 5])) {
      throw malformed();
    }
    long seconds = number(bytes, from + 1, 2) * 3600L + number(bytes, from + 4, 2) * 60L;
    return bytes[from] == '+' ? seconds : -seconds;
  }

  private static long day(int year, int month, int day) throws MalformedRecordException {
    if (month < 1 || month > 12 || day < 1 || day > 31) {
      throw malformed();
    }
    return LocalDate.of(year, month, 1).toEpochDay() + day - 1;
  }

  private static int number(byte[] bytes, int from, int digits) {
    int number = 0;
    for (int i = 0; i < digits; i++) {
      number = number * 10 + bytes[from + i] - '0';
    }
    return number;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static MalformedRecordException malformed() {
    return new MalformedRecordException("expected a time such as 2026-11-23T04:38:02.123456789Z");
  }
}
