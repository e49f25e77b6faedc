package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.rig.Asking;
import dev.purser.rig.PurserProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A disk of its own for log, warehouse and catalog each, that a ballast fills and frees: purser
/// refuses and waits, and then has lost nothing.
@Tag("root")
class FullDiskTest {
  private static final int LINES = 20_000;
  private static final int DISK_MEGABYTES = 24;

  @TempDir Path directory;
  private final List<Path> mounted = new ArrayList<>();

  @AfterEach
  void unmount() throws Exception {
    for (Path path : mounted.reversed()) {
      run("umount", path.toString());
    }
  }

  @Test
  void aFullLogRefusesUntilThereIsRoom() throws Exception {
    fillAndFree(
        List.of("wal"),
        "wal",
        status ->
            status
                .path("agents")
                .path(0)
                .path("delivery")
                .path("trouble")
                .asText()
                .contains("no room"));
  }

  @Test
  void aFullWarehouseDelaysCommitsUntilThereIsRoom() throws Exception {
    fillAndFree(List.of("lake/warehouse"), "lake/warehouse", FullDiskTest::hasFailedCommits);
  }

  @Test
  void aFullCatalogDelaysCommitsUntilThereIsRoom() throws Exception {
    fillAndFree(List.of("lake", "lake/warehouse"), "lake", FullDiskTest::hasFailedCommits);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 30, 60})
  void aDiskThatIsFullAtTheStartIsNamedWithTheRemedy(int freeKilobytes, @TempDir Path elsewhere)
      throws Exception {
    run("mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", directory.toString());
    mounted.add(directory);
    Files.write(directory.resolve("ballast"), new byte[(96 - freeKilobytes) << 10]);
    Path data = directory.resolve("data");
    Path config =
        Files.writeString(
            elsewhere.resolve("purser.yaml"),
            "data: %s\nhub: { listen: \"127.0.0.1:0\" }\n".formatted(data));
    PurserProcess.Result result = PurserProcess.run("up", "--config", config.toString());
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err())
        .contains("the disk of " + data + " is full")
        .contains("--data")
        .doesNotContain("Exception");
  }

  private static boolean hasFailedCommits(JsonNode status) {
    return status.path("lake").path("failedCommits").asLong() > 0;
  }

  private void fillAndFree(List<String> disks, String filled, Predicate<JsonNode> suffers)
      throws Exception {
    Path data = directory.resolve("data");
    Path log = directory.resolve("app.log");
    Path config = directory.resolve("purser.yaml");
    Files.writeString(
        config,
        """
        data: %s
        hub: { listen: "127.0.0.1:0" }
        lake: { commitEvery: 1s }
        sources: { files: [ { name: app, paths: ["%s"] } ] }
        """
            .formatted(data, log));
    for (String disk : disks) {
      Path mount = data.resolve(disk);
      Files.createDirectories(mount);
      run("mount", "-t", "tmpfs", "-o", "size=" + DISK_MEGABYTES + "m", "tmpfs", mount.toString());
      mounted.add(mount);
    }
    try (PurserProcess purser =
            PurserProcess.start("up", "--config", config.toString()).awaitReady();
        Asking hub = new Asking(data)) {
      write(log, 0, 100);
      hub.awaitAtLeast(100, "SELECT count(*) AS n FROM logs");
      Path ballast = data.resolve(filled).resolve("ballast");
      fill(ballast);
      write(log, 100, LINES);
      for (JsonNode status = hub.status(); !suffers.test(status); status = hub.status()) {
        assertThat(purser.isAlive()).as(purser.output()).isTrue();
        Thread.onSpinWait();
      }
      Files.delete(ballast);
      hub.awaitAtLeast(LINES, "SELECT count(*) AS n FROM logs");
      long durable = hub.status().path("wal").path("durable").asLong();
      while (hub.status().path("lake").path("committed").asLong() < durable) {
        assertThat(purser.isAlive()).as(purser.output()).isTrue();
      }
      assertThat(hub.number("SELECT count(*) AS n FROM logs")).isEqualTo(LINES);
      assertThat(hub.number("SELECT count(DISTINCT split_part(message, ' ', 1)) AS n FROM logs"))
          .isEqualTo(LINES);
      assertThat(hub.number("SELECT count(*) AS n FROM gaps")).isZero();
      assertThat(purser.stop()).isZero();
    }
  }

  /// Lines that do not compress.
  private static void write(Path log, int from, int to) throws IOException {
    Random random = new Random(from);
    StringBuilder lines = new StringBuilder();
    for (int i = from; i < to; i++) {
      lines.append(i).append(' ');
      for (int k = 0; k < 20; k++) {
        lines.append(Long.toString(random.nextLong(), 36));
      }
      lines.append('\n');
    }
    Files.writeString(
        log,
        lines,
        StandardCharsets.US_ASCII,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /// Takes all the room there is.
  private static void fill(Path ballast) throws IOException {
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(ballast)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
  }
}
