package dev.purser.sources.logs;

import dev.purser.core.config.DataSize;
import dev.purser.core.config.Section;
import dev.purser.sources.logs.FileSourceConfig.From;
import dev.purser.sources.logs.multiline.Multiline;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One entry of `sources.files` in the config file: `{ name, paths, from, exclude, multiline,
/// heldBytes }`.
///
/// @param name for messages
/// @param paths absolute, with wildcards
/// @param from where to begin in files that are there at the first start
/// @param exclude paths that are not read, or of which nothing below is read
/// @param multiline which lines make one record; each is one if it is empty
/// @param heldBytes how much of the disk files may take that were deleted and are not read yet
public record FilesConfig(
    String name,
    List<String> paths,
    From from,
    List<Path> exclude,
    Optional<Multiline> multiline,
    DataSize heldBytes) {

  public FilesConfig {
    paths = List.copyOf(paths);
    exclude = List.copyOf(exclude);
  }

  /// Reads one entry; faults go to the section.
  public static FilesConfig read(Section section) {
    String name = section.string("name").orElse("");
    if (name.isBlank()) {
      section.fault("name", "missing; give this source a name of its own, such as auth");
    }
    List<String> paths = patterns(section, "paths");
    if (section.strings("paths").isEmpty()) {
      section.fault(
          "paths", "missing; expected a list of absolute paths, such as /var/log/auth.log*");
    }
    From from = section.choice("from", From.class).orElse(From.BEGINNING);
    List<Path> exclude = new ArrayList<>();
    for (String path : section.strings("exclude")) {
      if (path.startsWith("/")) {
        exclude.add(Path.of(path).normalize());
      } else {
        section.fault("exclude", "expected absolute paths, found \"" + path + "\"");
      }
    }
    Optional<Multiline> multiline = Multiline.read(section);
    DataSize heldBytes = FileSourceConfig.heldBytes(section);
    section.finish();
    return new FilesConfig(name, paths, from, exclude, multiline, heldBytes);
  }

  public FileSourceConfig source(AgentHome home) {
    return FileSourceConfig.of(name, paths, from, heldBytes, exclude, home);
  }

  public Splitter splitter() {
    return multiline.map(JoiningSplitter::ofLines).orElseGet(LineSplitter::new);
  }

  static List<String> patterns(Section section, String key) {
    List<String> patterns = new ArrayList<>();
    for (String pattern : section.strings(key)) {
      try {
        patterns.add(new FilePattern(pattern).toString());
      } catch (IllegalArgumentException e) {
        section.fault(key, String.valueOf(e.getMessage()));
      }
    }
    return patterns;
  }
}
