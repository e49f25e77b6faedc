package dev.purser.sources.logs;

import dev.purser.core.config.Section;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.nio.file.Path;
import java.util.List;

/// `sources.containers` in the config file: `{ paths: /var/log/pods }`.
///
/// @param directory of the container logs, laid out as kubelet does:
///   `<namespace>_<pod>_<uid>/<container>/<n>.log`
public record ContainersConfig(Path directory) {
  public static final Path DEFAULT_DIRECTORY = Path.of("/var/log/pods");

  /// Reads the section; faults go to it.
  public static ContainersConfig read(Section section) {
    String directory = section.string("paths").orElse(DEFAULT_DIRECTORY.toString());
    if (!directory.startsWith("/") || directory.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0)) {
      section.fault(
          "paths", "expected the absolute path of one directory, found \"" + directory + "\"");
      directory = DEFAULT_DIRECTORY.toString();
    }
    section.finish();
    return new ContainersConfig(Path.of(directory).normalize());
  }

  /// @param own directories that no source reads, such as the data directory
  public FileSourceConfig source(List<Path> own) {
    return FileSourceConfig.of(
        "containers", List.of(directory + "/*/*/*.log"), From.BEGINNING, own);
  }
}
