package dev.purser.containers;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// A connection to a container runtime. Thread-safe.
interface ContainerRuntime extends AutoCloseable {
  /// Its name and version, for messages.
  String name();

  /// All containers, ended ones included: their ids, and whether they run.
  Map<String, Boolean> list() throws IOException;

  /// Empty when there is no container of that id (any more).
  Optional<Container> inspect(String id) throws IOException;

  /// Follows its events until the connection breaks, the runtime ends the stream, or [#close].
  ///
  /// @param changed gets the id of each container that came, started or ended; it may also be the
  ///   id of something else, such as a pod's sandbox
  /// @return false when it has no events that could be followed
  boolean follow(Consumer<String> changed) throws IOException;

  @Override
  void close();
}
