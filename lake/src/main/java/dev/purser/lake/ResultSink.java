package dev.purser.lake;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where an answer goes, row by row. Called by the thread that asked.
public interface ResultSink {
  /// Once, before all rows.
  void columns(List<ResultColumn> columns) throws IOException;

  /// A row. Values are null, `Boolean`, `Long`, `Double`, `BigInteger`, `BigDecimal`, `String`, a
  /// `List` or a `Map` of these. A timestamp is a text, ISO 8601 in UTC with microseconds. Bytes
  /// are a text: what they say if they are UTF-8, else their base64 behind `base64:`.
  void row(List<@Nullable Object> values) throws IOException;

  /// Whether it takes no more rows; asked before each. The query ends there.
  default boolean isFull() {
    return false;
  }
}
