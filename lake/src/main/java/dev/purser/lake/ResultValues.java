package dev.purser.lake;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.sql.Array;
import java.sql.Blob;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.duckdb.DuckDBStruct;
import org.jspecify.annotations.Nullable;

/// DuckDB's values in the form that [ResultSink#row] promises.
final class ResultValues {
  private static final String BASE64 = "base64:";
  private static final DateTimeFormatter LOCAL =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS", java.util.Locale.ROOT);

  private ResultValues() {}

  static @Nullable Object of(@Nullable Object value) throws SQLException {
    return switch (value) {
      case null -> null;
      case Boolean flag -> flag;
      case Byte number -> number.longValue();
      case Short number -> number.longValue();
      case Integer number -> number.longValue();
      case Float number -> number.doubleValue();
      case Number number -> number;
      case String text -> text;
      case OffsetDateTime time -> LOCAL.format(time.withOffsetSameInstant(ZoneOffset.UTC)) + "Z";
      case LocalDateTime time -> LOCAL.format(time);
      case Timestamp time -> LOCAL.format(time.toLocalDateTime());
      case Blob blob -> bytes(blob.getBytes(1, Math.toIntExact(blob.length())));
      case byte[] bytes -> bytes(bytes);
      case Array array -> list((Object[]) array.getArray());
      case Object[] array -> list(array);
      case DuckDBStruct struct -> map(struct.getMap());
      case Map<?, ?> map -> map(map);
      default -> value.toString();
    };
  }

  private static Map<String, @Nullable Object> map(Map<?, ?> values) throws SQLException {
    Map<String, @Nullable Object> converted = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : values.entrySet()) {
      converted.put(String.valueOf(of(entry.getKey())), of(entry.getValue()));
    }
    return converted;
  }

  private static List<@Nullable Object> list(@Nullable Object[] values) throws SQLException {
    List<@Nullable Object> converted = new ArrayList<>(values.length);
    for (Object value : values) {
      converted.add(of(value));
    }
    return converted;
  }

  private static String bytes(byte[] bytes) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      return BASE64 + Base64.getEncoder().encodeToString(bytes);
    }
  }
}
