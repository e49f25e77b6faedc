package dev.purser.core.table;

import dev.purser.core.record.Stream;

/// Turns the raw records of one kind of stream into rows of one table. One row for each record.
/// Used by one thread.
public interface Decoder {
  /// The [Stream#kind] it decodes.
  String kind();

  Table table();

  /// Called before the records of a batch are decoded, while queries and commits go on. It may wait
  /// for what decoding needs to know, for a second or so: the log waits with it.
  ///
  /// @param ingestTimeMicros when the hub took the batch, microseconds since 1970 UTC
  default void prepare(Stream stream, long ingestTimeMicros) throws InterruptedException {}

  /// Fills `row` from `bytes[from, to)`, which include the line end if the record has one.
  ///
  /// @throws MalformedRecordException when it is no record of this kind; it is then kept, as a row
  ///   of `gaps`
  void decode(Stream stream, byte[] bytes, int from, int to, Row row)
      throws MalformedRecordException;
}
