package dev.purser.core.table;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One row being filled by a decoder. Columns not set are null. Indexes are those of [Table#index].
///
/// `cluster`, `node`, `source`, `seq` and `ingest_time` are set by the caller; `time` is preset
/// with the time of reading, and `raw` with the record without its line end; a decoder may set
/// these two anew.
public interface Row {
  /// For `TIMESTAMP` (microseconds since 1970 UTC), `LONG`, `INT` and `BOOLEAN` (0 or 1).
  void set(int column, long value);

  void set(int column, double value);

  /// For `STRING`.
  void set(int column, @Nullable String value);

  /// For `STRING`: bytes of UTF-8, invalid sequences become U+FFFD; for `BINARY`: the bytes. Copied
  /// before it returns.
  void set(int column, byte[] bytes, int from, int to);

  /// For `STRING_LIST`.
  void set(int column, List<String> values);

  /// For `STRING_MAP`. The map is kept and must not change any more; rows that have the same one
  /// should be given the same object.
  void set(int column, Map<String, String> values);
}
