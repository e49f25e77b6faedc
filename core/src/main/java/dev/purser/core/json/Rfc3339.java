package dev.purser.core.json;

/// Points in time as the API server writes them, for example `2026-03-01T12:00:00.123456Z`.
public final class Rfc3339 {
  /// What [#micros] gives for bytes that are no point in time.
  public static final long NONE = Long.MIN_VALUE;

  private Rfc3339() {}

  /// Microseconds since 1970 UTC of `bytes[from, to)`, or [#NONE]. Digits behind the microsecond
  /// are cut; a leap second is the first of the next minute.
  public static long micros(byte[] bytes, int from, int to) {
    if (to - from < 20
        || bytes[from + 4] != '-'
        || bytes[from + 7] != '-'
        || (bytes[from + 10] | 0x20) != 't'
        || bytes[from + 13] != ':'
        || bytes[from + 16] != ':') {
      return NONE;
    }
    int year = two(bytes, from) * 100 + two(bytes, from + 2);
    int month = two(bytes, from + 5);
    int day = two(bytes, from + 8);
    int hour = two(bytes, from + 11);
    int minute = two(bytes, from + 14);
    int second = two(bytes, from + 17);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > length(year, month)) {
      return NONE;
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
      return NONE;
    }
    int at = from + 19;
    int fraction = 0;
    if (bytes[at] == '.') {
      int scale = 100_000;
      int first = ++at;
      while (at < to && bytes[at] >= '0' && bytes[at] <= '9') {
        fraction += (bytes[at++] - '0') * scale;
        scale /= 10;
      }
      if (at == first) {
        return NONE;
      }
    }
    long offset = offsetMinutes(bytes, at, to);
    if (offset == NONE) {
      return NONE;
    }
    long seconds = days(year, month, day) * 86_400L + hour * 3_600L + minute * 60L + second;
    return (seconds - offset * 60) * 1_000_000 + fraction;
  }

  private static long offsetMinutes(byte[] bytes, int at, int to) {
    if (to - at == 1 && (bytes[at] | 0x20) == 'z') {
      return 0;
    }
    if (to - at != 6 || bytes[at + 3] != ':' || (bytes[at] != '+' && bytes[at] != '-')) {
      return NONE;
    }
    int hours = two(bytes, at + 1);
    int minutes = two(bytes, at + 4);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
      return NONE;
    }
    return bytes[at] == '-' ? -(hours * 60L + minutes) : hours * 60L + minutes;
  }

  /// Two digits as a number; far below 0 where they are none.
  private static int two(byte[] bytes, int at) {
    int high = bytes[at] - '0';
    int low = bytes[at + 1] - '0';
    return high < 0 || high > 9 || low < 0 || low > 9 ? -1_000_000 : high * 10 + low;
  }

  private static int length(int year, int month) {
    boolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return switch (month) {
      case 2 -> leap ? 29 : 28;
      case 4, 6, 9, 11 -> 30;
      default -> 31;
    };
  }

  /// Days since 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, days_from_civil).
  private static long days(int year, int month, int day) {
    int y = month <= 2 ? year - 1 : year;
    int era = Math.floorDiv(y, 400);
    int yearOfEra = y - era * 400;
    int dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
    return era * 146_097L + dayOfEra - 719_468;
  }
}
