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

  /// Waits, not for long, until a table has rows that its reader has not seen, and writes them with
  /// the place behind them; docs/formats/transport.md has the form of both.
  ///
  /// @param request JSON
  /// @throws QueryRejected when the request is at fault
  /// @throws IOException when the hub is, or when `jsonOut` failed
  void tail(String request, OutputStream jsonOut)
      throws QueryRejected, IOException, InterruptedException;

  /// Streams, log, staging, lake: a JSON object.
  byte[] status();

  /// The tables and their columns: a JSON array.
  byte[] tables();

  /// Prometheus text format 0.0.4.
  String metrics();
}
