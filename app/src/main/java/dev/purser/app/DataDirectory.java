package dev.purser.app;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.purser.core.system.NativeFunction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where all that Purser keeps lies: audit records and secrets, for nobody but its owner.
final class DataDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(DataDirectory.class);

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final int ALL_BUT_OWNER = 0077;

  /// What lies in one that is Purser's alone, and what a file system puts in its root.
  private static final Pattern OWN =
      Pattern.compile(
          "(agent-id|hub\\.json|hub\\.pem|(ingest|query)\\.token|lake|lock|objects\\.db|spool|wal)"
              + "([.-].*)?|lost\\+found|\\.snapshot");

  private DataDirectory() {}

  /// Creates it where it is missing, and closes it to other users where it is open to them. What
  /// this process makes from now on, in it or elsewhere, is closed to them too.
  static void prepare(Path data) throws IOException {
    keepToOwner();
    if (!Files.isDirectory(data)) {
      Files.createDirectories(data, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      return;
    }
    if (isClosed(data)) {
      return;
    }
    Optional<Path> foreign = foreign(data);
    if (foreign.isPresent()) {
      LOG.atWarn()
          .addKeyValue("data", data)
          .addKeyValue("also", foreign.get().getFileName())
          .log(
              "The data directory is open to other users, and stays so as not all in it is"
                  + " Purser's: give Purser one of its own, or close it with chmod 700");
    } else if (close(data)) {
      LOG.atInfo()
          .addKeyValue("data", data)
          .log("The data directory was open to other users: its mode is 700 now");
    } else {
      LOG.atWarn()
          .addKeyValue("data", data)
          .log(
              "The data directory is open to other users, and this one may not change that: what"
                  + " Purser makes in it is closed to them");
    }
  }

  private static void keepToOwner() {
    // What it returns, the mask before, is of no use.
    NativeFunction.find("umask", JAVA_INT, JAVA_INT)
        .ifPresent(umask -> {
          NativeFunction.Result _ = umask.call(ALL_BUT_OWNER);
        });
  }

  private static boolean isClosed(Path data) throws IOException {
    return OWNER_ONLY.containsAll(Files.getPosixFilePermissions(data));
  }

  private static Optional<Path> foreign(Path data) throws IOException {
    try (Stream<Path> files = Files.list(data)) {
      return files.filter(it -> !OWN.matcher(it.getFileName().toString()).matches()).findAny();
    }
  }

  /// Some file systems have no modes, and say nothing.
  private static boolean close(Path data) throws IOException {
    try {
      Files.setPosixFilePermissions(data, OWNER_ONLY);
    } catch (IOException e) {
      return false;
    }
    return isClosed(data);
  }
}
