package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.disk.LocalDisk;
import dev.purser.transport.Tokens.Opens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensTest {
  @TempDir private Path data;

  private Tokens open() throws IOException {
    return Tokens.open(data, new LocalDisk());
  }

  private String token(String file) throws IOException {
    return Files.readString(data.resolve(file)).strip();
  }

  @Test
  void areMadeOnceOf256RandomBits() throws Exception {
    open();
    String ingest = token(Tokens.INGEST_FILE);
    String query = token(Tokens.QUERY_FILE);
    assertThat(ingest).matches("[A-Za-z0-9_-]{43}").isNotEqualTo(query);
    Tokens again = open();
    assertThat(token(Tokens.INGEST_FILE)).isEqualTo(ingest);
    assertThat(again.opens(ingest)).isEqualTo(Opens.INGEST);
    assertThat(again.opens(query)).isEqualTo(Opens.QUERY);
    assertThat(again.opens("")).isEqualTo(Opens.NOTHING);
    assertThat(again.opens(ingest + "\n")).isEqualTo(Opens.NOTHING);
  }

  @Test
  void oneThatIsMissingIsMadeAnew() throws Exception {
    open();
    String ingest = token(Tokens.INGEST_FILE);
    Files.delete(data.resolve(Tokens.QUERY_FILE));
    assertThat(open().opens(token(Tokens.QUERY_FILE))).isEqualTo(Opens.QUERY);
    assertThat(token(Tokens.INGEST_FILE)).isEqualTo(ingest);
  }

  @Test
  void areReadableByTheirOwnerOnly() throws Exception {
    open();
    for (String name : List.of(Tokens.INGEST_FILE, Tokens.QUERY_FILE)) {
      Path file = data.resolve(name);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
      assertThatThrownBy(this::open)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("chmod 600 " + file);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
  }

  @Test
  void whatIsNoTokenIsRefused() throws Exception {
    open();
    for (String text :
        List.of("", "short", "x".repeat(42), "x".repeat(43) + " y", "ä".repeat(50))) {
      Files.writeString(data.resolve(Tokens.INGEST_FILE), text);
      assertThatThrownBy(this::open)
          .isInstanceOf(IOException.class)
          .hasMessageContaining(Tokens.INGEST_FILE);
    }
  }

  @Test
  void twoThatAreTheSameAreRefused() throws Exception {
    open();
    Files.writeString(data.resolve(Tokens.INGEST_FILE), token(Tokens.QUERY_FILE));
    assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessageContaining("the same");
  }
}
