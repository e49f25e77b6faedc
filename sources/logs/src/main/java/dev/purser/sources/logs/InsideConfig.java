package dev.purser.sources.logs;

import dev.purser.core.config.Section;
import java.util.List;

/// An entry of `files` in `sources.containers`: which files inside which containers are read.
///
/// @param paths as the containers have them, with wildcards
/// @param include which of the containers that the section wants: one entry must hold; none means
///   all
/// @param exclude which are not, of those
record InsideConfig(
    List<String> paths, List<ContainerSelector> include, List<ContainerSelector> exclude) {

  InsideConfig {
    paths = List.copyOf(paths);
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }

  /// Reads an entry; faults go to it.
  static InsideConfig read(Section entry) {
    InsideConfig config =
        new InsideConfig(
            FilesConfig.patterns(entry, "paths"),
            entry.sections("include").stream().map(ContainerSelector::read).toList(),
            entry.sections("exclude").stream().map(ContainerSelector::read).toList());
    if (entry.strings("paths").isEmpty()) {
      entry.fault(
          "paths", "missing; expected a list of absolute paths, such as /var/log/app/*.log");
    }
    entry.finish();
    return config;
  }
}
