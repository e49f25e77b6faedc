package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.rig.Asking;
import dev.purser.rig.PurserProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// What other users of the host can read of what is kept: nothing.
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class AtRestTest {
  private static final Set<PosixFilePermission> OPEN = PosixFilePermissions.fromString("rwxr-xr-x");
  private static final Set<PosixFilePermission> OWNERS =
      PosixFilePermissions.fromString("rwx------");

  @TempDir Path directory;

  @Test
  void allThatIsKeptIsForItsOwnerAlone() throws Exception {
    Path log = Files.writeString(directory.resolve("app.log"), "one\ntwo\n");
    Path data = Files.createDirectory(directory.resolve("data"));
    Path config =
        Files.writeString(
            directory.resolve("purser.yaml"),
            """
            data: %s
            hub: { listen: "127.0.0.1:0" }
            lake: { commitEvery: 1s }
            sources: { files: [ { name: app, paths: [ "%s" ] } ] }
            """
                .formatted(data, log));
    Files.setPosixFilePermissions(data, OPEN);
    try (PurserProcess purser = up(config, data)) {
      awaitCommit(data);
      purser.kill();
      assertThat(openToOthers(data)).isEmpty();
    }
    Files.setPosixFilePermissions(data, OPEN);
    try (PurserProcess purser = up(config, data)) {
      assertThat(purser.stop()).isZero();
      assertThat(openToOthers(data)).isEmpty();
    }
    assertThat(all(data)).anyMatch(file -> file.toString().endsWith(".parquet"));
    assertThat(all(data)).anyMatch(file -> file.toString().endsWith(".wal"));
  }

  /// It has the two rows.
  private static PurserProcess up(Path config, Path data) throws Exception {
    PurserProcess purser = PurserProcess.start("up", "--config", config.toString()).awaitReady();
    try (Asking hub = new Asking(data)) {
      hub.awaitAtLeast(2, "SELECT count(*) AS n FROM logs");
    }
    return purser;
  }

  private static void awaitCommit(Path data) throws Exception {
    try (Asking hub = new Asking(data)) {
      while (hub.status().path("lake").path("commits").asLong() == 0) {
        Thread.onSpinWait();
      }
    }
  }

  private static List<Path> openToOthers(Path data) throws IOException {
    List<Path> open = new ArrayList<>();
    for (Path file : all(data)) {
      if (!OWNERS.containsAll(Files.getPosixFilePermissions(file))) {
        open.add(file);
      }
    }
    return open;
  }

  private static List<Path> all(Path data) throws IOException {
    try (Stream<Path> files = Files.walk(data)) {
      return files.toList();
    }
  }
}
