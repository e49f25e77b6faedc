package dev.purser.containers;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.purser.core.disk.HostRoot;
import dev.purser.core.json.JsonTree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// What Docker notes of each container beside its output, in `<id>/config.v2.json`: so its
/// containers have their names and labels also where its socket is given to nobody.
///
/// Only root writes there, but labels, environment and command are whatever an image brings. It is
/// Docker's own format, as its daemon's `container.Container` has it since Docker 1.10. Each
/// question is a file read. Thread-safe.
public final class DockerFiles {
  private static final String CONFIG = "config.v2.json";

  /// Docker's own part takes some kilobytes. In memory it is twenty times as large at worst.
  private static final int MAX_BYTES = 512 << 10;

  private static final int MAX_PROBLEMS = 20;

  private final Path directory;
  private final HostRoot host;

  /// What is there and cannot be used, and why.
  private final Map<Path, String> unusable = new ConcurrentHashMap<>();

  /// @param directory of Docker's containers: `<id>/<id>-json.log`
  public DockerFiles(Path directory, HostRoot host) {
    this.directory = directory;
    this.host = host;
  }

  /// What a container is, but not where its output and its files are, nor whether it runs.
  ///
  /// @return empty where nothing that can be read is noted of it
  public Optional<Container> of(String id) {
    Path file = directory.resolve(id).resolve(CONFIG);
    try {
      Container noted = DockerRuntime.noted(read(file, id), id);
      unusable.remove(file);
      return Optional.of(noted);
    } catch (NoSuchFileException e) {
      unusable.remove(file);
    } catch (IOException e) {
      unusable.put(file, String.valueOf(e.getMessage()));
    }
    return Optional.empty();
  }

  /// Of which containers nothing is known though something is noted; one line each.
  public List<String> problems() {
    unusable.keySet().removeIf(file -> !isThere(file));
    return unusable.entrySet().stream()
        .map(entry ->
            entry.getKey()
                + ": cannot be used: "
                + entry.getValue()
                + "; name, image and labels of its container are not known")
        .sorted()
        .limit(MAX_PROBLEMS)
        .toList();
  }

  private JsonTree read(Path file, String id) throws IOException {
    Path here = host.at(file);
    // Another kind of file might have no end, or none that comes.
    if (!Files.readAttributes(here, BasicFileAttributes.class).isRegularFile()) {
      throw new IOException("it is no regular file");
    }
    byte[] config;
    try (InputStream in = Files.newInputStream(here)) {
      config = in.readNBytes(MAX_BYTES + 1);
    }
    if (config.length > MAX_BYTES) {
      throw new IOException("it has more than " + MAX_BYTES + " bytes");
    }
    JsonTree noted;
    try {
      noted = JsonTree.read(new ByteArrayInputStream(config));
    } catch (JsonProcessingException e) {
      throw new IOException("it is no JSON", e);
    }
    if (!noted.path("ID").text().equals(id)) {
      throw new IOException("it is not about this container");
    }
    return noted;
  }

  private boolean isThere(Path file) {
    try {
      return Files.exists(host.at(file));
    } catch (IOException e) {
      return true; // It can be looked at no better than before.
    }
  }
}
