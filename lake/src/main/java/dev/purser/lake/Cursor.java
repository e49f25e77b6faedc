package dev.purser.lake;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A place between the rows of a table, in the order in which they reached the hub: by
/// `ingest_time`, which each frame of the log has for itself, then by `source` and `seq`.
///
/// @param ingestTimeMicros of the row before it, microseconds since 1970 UTC
/// @param source of the row before it; null where all rows of that ingest time are before it
/// @param seq of the row before it
public record Cursor(long ingestTimeMicros, @Nullable String source, long seq)
    implements Comparable<Cursor> {
  private static final int MAX_SOURCE_CHARS = 512;
  private static final Pattern FORM = Pattern.compile("(\\d{1,18})(?:/(\\d{1,18})/(.+))?");
  private static final Comparator<Cursor> ORDER =
      Comparator.comparingLong(Cursor::ingestTimeMicros)
          .thenComparing(Cursor::source, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparingLong(Cursor::seq);

  /// Before all rows.
  public static final Cursor START = behind(0);

  /// Behind all rows of an ingest time.
  public static Cursor behind(long ingestTimeMicros) {
    return new Cursor(ingestTimeMicros, null, 0);
  }

  /// Reads what [#toString] wrote.
  ///
  /// @throws IllegalArgumentException when it is no cursor
  public static Cursor parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || text.indexOf(0) >= 0) {
      throw new IllegalArgumentException("no cursor: " + SqlGuard.quoted(text));
    }
    long micros = Long.parseLong(matcher.group(1));
    String source = matcher.group(3);
    if (source == null) {
      return behind(micros);
    }
    if (source.length() > MAX_SOURCE_CHARS) {
      throw new IllegalArgumentException("no cursor: its source is too long");
    }
    return new Cursor(micros, source, Long.parseLong(matcher.group(2)));
  }

  Instant ingestTime() {
    return Instant.EPOCH.plus(ingestTimeMicros, ChronoUnit.MICROS);
  }

  @Override
  public int compareTo(Cursor other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return source == null
        ? Long.toString(ingestTimeMicros)
        : ingestTimeMicros + "/" + seq + "/" + source;
  }
}
