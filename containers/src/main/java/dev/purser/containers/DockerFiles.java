package dev.purser.containers;

import dev.purser.core.disk.HostRoot;
import dev.purser.core.json.JsonTree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// What Docker notes of each container beside its output, in `<id>/config.v2.json`: so its
/// containers have their names and labels also where its socket is given to nobody.
///
/// Only root writes there. It is Docker's own format, as its daemon's `container.Container` has it
/// since Docker 1.10. Thread-safe.
public final class DockerFiles {
  private static final String CONFIG = "config.v2.json";

  /// Docker's own take some kilobytes; labels and environment make them longer.
  private static final int MAX_BYTES = 4 << 20;

  private static final int MOST_KEPT = 200;

  private final Path directory;
  private final HostRoot host;

  /// As they were read, those that are asked for most lately.
  private final Map<String, Noted> kept =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Noted> eldest) {
          return size() > MOST_KEPT;
        }
      };

  private record Noted(FileTime changed, Optional<Container> container) {}

  /// @param directory of Docker's containers: `<id>/<id>-json.log`
  public DockerFiles(Path directory, HostRoot host) {
    this.directory = directory;
    this.host = host;
  }

  /// The container that wrote a log. What it runs and sees is not told, only what it is.
  ///
  /// @param id of the container
  /// @return empty where nothing that can be read is noted of it
  public Optional<Container> of(String id, Path log) {
    try {
      Path file = host.at(directory.resolve(id).resolve(CONFIG));
      FileTime changed = Files.getLastModifiedTime(file);
      synchronized (kept) {
        Noted noted = kept.get(id);
        if (noted != null && noted.changed.equals(changed)) {
          return noted.container;
        }
      }
      Optional<Container> container = read(file, id, log);
      synchronized (kept) {
        kept.put(id, new Noted(changed, container));
      }
      return container;
    } catch (IOException e) {
      // Whoever asks has what the path tells, and no more.
      return Optional.empty();
    }
  }

  private static Optional<Container> read(Path file, String id, Path log) throws IOException {
    byte[] config;
    try (InputStream in = Files.newInputStream(file)) {
      config = in.readNBytes(MAX_BYTES + 1);
    }
    if (config.length > MAX_BYTES) {
      return Optional.empty();
    }
    JsonTree noted = JsonTree.read(new ByteArrayInputStream(config));
    return noted.path("ID").text().equals(id)
        ? Optional.of(DockerRuntime.container(noted, id, log))
        : Optional.empty();
  }
}
