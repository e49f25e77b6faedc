package dev.purser.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PowerLossDiskTest {
  @TempDir Path root;
  private PowerLossDisk disk;

  @BeforeEach
  void makesDisk() throws IOException {
    disk = new PowerLossDisk(root, path -> false, step -> {});
  }

  @Test
  void keepsForcedBytesUnderForcedNames() throws IOException {
    write("a", "forced", true);
    disk.forceDirectory(root);
    write("a", "forcedAndMore", false);

    disk.powerLoss();

    assertThat(root.resolve("a")).hasContent("forced");
  }

  @Test
  void losesNamesThatWereNotForced() throws IOException {
    write("a", "forced", true);

    disk.powerLoss();

    assertThat(root.resolve("a")).doesNotExist();
  }

  @Test
  void leavesAnEmptyFileWhereOnlyTheNameWasForced() throws IOException {
    write("a", "not forced", false);
    disk.forceDirectory(root);

    disk.powerLoss();

    assertThat(root.resolve("a")).isEmptyFile();
  }

  @Test
  void undoesRemovalAndRenameThatWereNotForced() throws IOException {
    write("a", "first", true);
    write("b", "second", true);
    disk.forceDirectory(root);
    disk.rename(root.resolve("a"), root.resolve("c"));
    disk.delete(root.resolve("b"));

    disk.powerLoss();

    assertThat(root.resolve("a")).hasContent("first");
    assertThat(root.resolve("b")).hasContent("second");
    assertThat(root.resolve("c")).doesNotExist();
  }

  @Test
  void seesFilesThatAnotherLibraryWroteOnceTheyAreForced() throws IOException {
    Path directory = root.resolve("deep/er");
    disk.createDirectories(directory);
    Files.writeString(directory.resolve("x"), "theirs");
    disk.force(directory.resolve("x"));
    disk.forceDirectory(directory);

    disk.powerLoss();

    assertThat(directory.resolve("x")).hasContent("theirs");
  }

  @Test
  void failsOnceThePowerIsOff() throws IOException {
    disk.powerLoss();

    assertThatThrownBy(() -> disk.list(root)).hasMessage("the power is off");
  }

  private void write(String name, String text, boolean force) throws IOException {
    try (DiskFile file = disk.open(root.resolve(name))) {
      file.write(ByteBuffer.wrap(text.getBytes(UTF_8)), 0);
      if (force) {
        file.force();
      }
    }
  }
}
