package dev.purser.sources.logs;

import java.nio.file.Path;
import java.util.Optional;

/// An agent's own directory. Nothing in it is read as a log.
///
/// @param isKeeping whether what is to outlive the agent is kept in it
public record AgentHome(Path directory, boolean isKeeping) {
  /// Below it lie the spools of all sources.
  public Path spools() {
    return directory.resolve("spool");
  }

  /// Where the source of that name keeps what the hub does not have of deleted files.
  public Optional<Path> spool(String source) {
    return isKeeping ? Optional.of(Spool.directory(spools(), source)) : Optional.empty();
  }
}
