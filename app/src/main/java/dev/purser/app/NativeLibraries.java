package dev.purser.app;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;

/// The native code of libraries, which app/pom.xml lays beside the jars. Each library would
/// otherwise unpack its own into the temporary directory at each start, and leave it there.
final class NativeLibraries {
  private NativeLibraries() {}

  /// Tells the libraries where theirs is; to be called before the first is used. DuckDB looks
  /// beside its jar by itself.
  static void locate() {
    Path folder = folder();
    Path zstd = folder.resolve("libzstd-jni.so");
    // Missing on a platform that app/pom.xml does not know, and where no distribution was made.
    if (Files.exists(zstd)) {
      System.setProperty("ZstdNativePath", zstd.toString());
      System.setProperty("org.sqlite.lib.path", folder.toString());
      System.setProperty("arrow.cdata.library.path", folder.toString());
    }
  }

  /// Not asked of a class: one from an archive that was made elsewhere knows no place.
  private static Path folder() {
    String first = System.getProperty("java.class.path").split(File.pathSeparator, 2)[0];
    return Path.of(first).toAbsolutePath().resolveSibling("");
  }
}
