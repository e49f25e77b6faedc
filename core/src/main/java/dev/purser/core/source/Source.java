package dev.purser.core.source;

import java.util.List;
import java.util.Map;

/// Where records come from. A source finds its streams by itself, and sends their batches through
/// an [Outbox].
///
/// [#start] returns at once; the source then works on threads of its own, until [#close].
public interface Source extends AutoCloseable {
  /// The name of its section in the config file, for messages.
  String name();

  /// Begins to find and read streams.
  void start(Outbox outbox);

  /// Reads what is there now to its end, without waiting for more, and returns once it is all in
  /// the outbox.
  ///
  /// @return what could not be sent, one line each for the user: an unterminated last line, an
  ///   unreadable file
  List<String> drain() throws InterruptedException;

  /// Each stream as its source sees it now, for `purser status`.
  List<StreamProgress> progress();

  /// What became of the bytes of each container or file that it knows; empty where it reads no
  /// files.
  default List<Volume> volumes() {
    return List.of();
  }

  /// Where it reads the output of every container, as the context of its streams has it: `cluster`
  /// and `node`; empty where it reads none, or leaves some out.
  default Map<String, String> allContainersOf() {
    return Map.of();
  }

  /// Files that it has found and of which it does not know yet what they are: none of its streams
  /// and volumes tells of them.
  default List<String> undecided() {
    return List.of();
  }

  /// What it cannot read, and why; one line each for the user.
  List<String> problems();

  /// Stops reading; returns when none of its threads runs any more. What was not read stays for the
  /// next start.
  @Override
  void close();
}
