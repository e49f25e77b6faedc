package dev.purser.containers;

import dev.purser.core.disk.HostRoot;
import dev.purser.core.json.JsonTree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// What Docker notes of each container beside its output, in `<id>/config.v2.json`: so its
/// containers have their names and labels also where its socket is given to nobody.
///
/// Only root writes there, but labels, environment and command are whatever an image brings. It is
/// Docker's own format, as its daemon's `container.Container` has it since Docker 1.10. Immutable;
/// each question is a file read.
public final class DockerFiles {
  private static final String CONFIG = "config.v2.json";

  /// Docker's own part takes some kilobytes. In memory it is twenty times as large at worst.
  private static final int MAX_BYTES = 512 << 10;

  private final Path directory;
  private final HostRoot host;

  /// @param directory of Docker's containers: `<id>/<id>-json.log`
  public DockerFiles(Path directory, HostRoot host) {
    this.directory = directory;
    this.host = host;
  }

  /// What a container is, but not where its output and its files are, nor whether it runs.
  ///
  /// @return empty where nothing that can be read is noted of it
  public Optional<Container> of(String id) {
    try {
      byte[] config;
      try (InputStream in = Files.newInputStream(host.at(directory.resolve(id).resolve(CONFIG)))) {
        config = in.readNBytes(MAX_BYTES + 1);
      }
      if (config.length > MAX_BYTES) {
        return Optional.empty();
      }
      JsonTree noted = JsonTree.read(new ByteArrayInputStream(config));
      return noted.path("ID").text().equals(id)
          ? Optional.of(DockerRuntime.noted(noted, id))
          : Optional.empty();
    } catch (IOException e) {
      // Whoever asks has what the path tells, and no more.
      return Optional.empty();
    }
  }
}
