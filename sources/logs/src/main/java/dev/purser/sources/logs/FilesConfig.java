package dev.purser.sources.logs;

import dev.purser.core.config.Section;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// One entry of `sources.files` in the config file: `{ name, paths, from, exclude }`.
///
/// @param name for messages
/// @param paths absolute, with wildcards
/// @param from where to begin in files that are there at the first start
/// @param exclude paths that are not read, or of which nothing below is read
public record FilesConfig(String name, List<String> paths, From from, List<Path> exclude) {

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
    section.finish();
    return new FilesConfig(name, paths, from, exclude);
  }

  /// @param own directories that no source reads, such as the data directory
  public FileSourceConfig source(List<Path> own) {
    List<Path> all = new ArrayList<>(exclude);
    all.addAll(own);
    return FileSourceConfig.of(name, paths, from, all);
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
