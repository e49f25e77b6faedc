package dev.purser.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
  @TempDir Path directory;

  @Test
  void oneThatIsMadeIsItsOwnersAlone() throws Exception {
    Path data = directory.resolve("new/data");
    DataDirectory.prepare(data);
    assertThat(mode(data)).isEqualTo("rwx------");
    assertThat(mode(Files.writeString(data.resolve("file"), "text"))).isEqualTo("rw-------");
    assertThat(mode(Files.createDirectory(data.resolve("directory")))).isEqualTo("rwx------");
  }

  @Test
  void oneThatIsOpenIsClosed() throws Exception {
    for (String open : new String[] {"rwxr-xr-x", "rwxrwx---", "rwx--x--x", "rwx----w-"}) {
      Path data = directory(open);
      DataDirectory.prepare(data);
      assertThat(mode(data)).as(open).isEqualTo("rwx------");
    }
  }

  @Test
  void oneOfAnEarlierRunIsClosed() throws Exception {
    Path data = directory("rwxr-xr-x");
    for (String own : new String[] {"lock", "hub.json.part", "objects.db", "objects.db-wal"}) {
      Files.createFile(data.resolve(own));
    }
    Files.createDirectory(data.resolve("wal"));
    Files.createDirectory(data.resolve("lost+found"));
    DataDirectory.prepare(data);
    assertThat(mode(data)).isEqualTo("rwx------");
  }

  /// Such as /tmp or /var/lib, which other programs would miss.
  @Test
  void oneThatOthersUseStaysOpen() throws Exception {
    for (String foreign : new String[] {"apt", "lockfile", "lake2"}) {
      Path data = directory("rwxr-xr-x");
      Files.createFile(data.resolve("lock"));
      Files.createFile(data.resolve(foreign));
      DataDirectory.prepare(data);
      assertThat(mode(data)).as(foreign).isEqualTo("rwxr-xr-x");
      assertThat(mode(Files.writeString(data.resolve("file"), "text"))).isEqualTo("rw-------");
    }
  }

  @Test
  void aFileIsNone() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "text");
    assertThatThrownBy(() -> DataDirectory.prepare(file)).isInstanceOf(IOException.class);
  }

  private Path directory(String mode) throws IOException {
    Path made = Files.createTempDirectory(directory, "data");
    return Files.setPosixFilePermissions(made, PosixFilePermissions.fromString(mode));
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
