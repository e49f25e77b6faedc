package dev.purser.transport;

import dev.purser.core.ingest.Ingest;
import java.io.IOException;
import java.io.OutputStream;

/// What a hub offers over the network. Thread-safe: each request calls it on a thread of its own.
public interface HubApi {
  /// Where frames go. Owned by the hub; nobody else closes it.
  Ingest ingest();

  /// Runs one SELECT and writes its rows as a JSON array of objects. A write blocks while the
  /// reader is slow, and fails once the reader is gone.
  ///
  /// @throws QueryRejected when the query is at fault
  /// @throws IOException when the hub is, or when `jsonArrayOut` failed
  void query(String sql, OutputStream jsonArrayOut) throws QueryRejected, IOException;

  /// Streams, log, staging, lake: a JSON object.
  byte[] status();

  /// The tables and their columns: a JSON array.
  byte[] tables();

  /// Prometheus text format 0.0.4.
  String metrics();
}
