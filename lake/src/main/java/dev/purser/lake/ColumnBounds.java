package dev.purser.lake;

import dev.purser.core.record.EpochMicros;
import dev.purser.core.table.Column;
import dev.purser.core.table.ColumnType;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.HashMap;
import java.util.Map;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.UnicodeUtil;
import org.jspecify.annotations.Nullable;

/// The least and greatest values of a data file's columns, from the statistics that DuckDB's COPY
/// returns to the form that Iceberg stores. What cannot be read gives no bound, and so no pruning.
final class ColumnBounds {
  /// Bounds of strings are cut to so many characters.
  static final int STRING_LENGTH = 32;

  private static final DateTimeFormatter TIMESTAMP =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .appendLiteral(' ')
          .append(DateTimeFormatter.ISO_LOCAL_TIME)
          .appendPattern("x")
          .toFormatter(java.util.Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final Map<Integer, Long> sizes = new HashMap<>();
  private final Map<Integer, Long> counts = new HashMap<>();
  private final Map<Integer, Long> nulls = new HashMap<>();
  private final Map<Integer, ByteBuffer> lower = new HashMap<>();
  private final Map<Integer, ByteBuffer> upper = new HashMap<>();

  /// Whether a column has bounds: not those that hold long texts, nor lists and maps.
  static boolean kept(Column column) {
    return switch (column.type()) {
      case TIMESTAMP, LONG, INT -> true;
      case STRING -> !column.name().equals("message") && !column.name().equals("detail");
      case BINARY, DOUBLE, BOOLEAN, STRING_LIST, STRING_MAP -> false;
    };
  }

  /// Takes the statistics of one column of `rows` rows.
  void add(Column column, long rows, Map<String, @Nullable String> statistics) {
    number(statistics.get("column_size_bytes"), value -> sizes.put(column.id(), value));
    if (column.type() == ColumnType.STRING_LIST || column.type() == ColumnType.STRING_MAP) {
      return;
    }
    counts.put(column.id(), rows);
    number(statistics.get("null_count"), value -> nulls.put(column.id(), value));
    String min = statistics.get("min");
    String max = statistics.get("max");
    if (!kept(column) || min == null || max == null) {
      return;
    }
    ByteBuffer least = bound(column, min, false);
    ByteBuffer greatest = bound(column, max, true);
    if (least != null && greatest != null) {
      lower.put(column.id(), least);
      upper.put(column.id(), greatest);
    }
  }

  Metrics metrics(long rows) {
    return new Metrics(rows, sizes, counts, nulls, Map.of(), lower, upper);
  }

  private static @Nullable ByteBuffer bound(Column column, String text, boolean isUpper) {
    try {
      return switch (column.type()) {
        case TIMESTAMP -> buffer(Types.TimestampType.withZone(), micros(text));
        case LONG -> buffer(Types.LongType.get(), Long.valueOf(text));
        case INT -> buffer(Types.IntegerType.get(), Integer.valueOf(text));
        case STRING -> {
          String cut =
              isUpper
                  ? UnicodeUtil.truncateStringMax(text, STRING_LENGTH)
                  : UnicodeUtil.truncateStringMin(text, STRING_LENGTH);
          yield cut == null ? null : buffer(Types.StringType.get(), cut);
        }
        case BINARY, DOUBLE, BOOLEAN, STRING_LIST, STRING_MAP -> null;
      };
    } catch (DateTimeException | NumberFormatException | ArithmeticException _) {
      return null;
    }
  }

  private static ByteBuffer buffer(Type type, Object value) {
    return Conversions.toByteBuffer(type, value);
  }

  private static long micros(String text) {
    return EpochMicros.of(TIMESTAMP.parse(text, Instant::from));
  }

  private static void number(@Nullable String text, java.util.function.LongConsumer use) {
    if (text != null) {
      use.accept(Long.parseLong(text));
    }
  }
}
