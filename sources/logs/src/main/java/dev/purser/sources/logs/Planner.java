package dev.purser.sources.logs;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Decides what becomes of the files that a source finds, once for each. Thread-safe.
public interface Planner {
  /// @param file the path under which it is or was written
  /// @param waited for how long the answer was [Plan.Wait]; it must be another at last
  Plan plan(Path file, Duration waited);

  /// For a stream that the hub knows already, wanted or not.
  ///
  /// @param file as in [#plan], or `/` when the file is gone
  Plan.Read read(Path file);

  /// For a file that is gone and whose reading was decided on before.
  ///
  /// @param file as in [#plan]
  default Plan.Read again(Path file, Plan.Memo memo) {
    return new Plan.Read(memo.kind(), read(file).splitter(), memo.context(), memo.wish());
  }

  /// Several paths are of one file, as a look saw.
  default void seen(List<Path> names) {}

  /// The path by which a file is decided on, which is another one where it is known by several. A
  /// file that is not wanted is decided on anew when that changes.
  ///
  /// @param file as in [#plan]
  default Path name(Path file) {
    return file;
  }

  /// Whether whoever writes a file has ended, so that a record without an end stays one.
  ///
  /// @param file as in [#plan]
  default boolean hasEnded(Path file) {
    return false;
  }

  /// Reads all files, in one way.
  ///
  /// @param context what is said of a file
  static Planner all(String kind, Splitter splitter, Function<Path, Map<String, String>> context) {
    return new Planner() {
      @Override
      public Plan plan(Path file, Duration waited) {
        return read(file);
      }

      @Override
      public Plan.Read read(Path file) {
        return new Plan.Read(kind, splitter, context.apply(file));
      }
    };
  }
}
