package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.disk.LocalDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
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
    assertThat(again.opens(ingest)).isEqualTo(Optional.of(Api.INGEST));
    assertThat(again.opens(query)).isEqualTo(Optional.of(Api.QUERY));
    assertThat(again.opens("")).isEmpty();
    assertThat(again.opens(ingest + "\n")).isEmpty();
  }

  @Test
  void oneThatIsMissingIsMadeAnew() throws Exception {
    open();
    String ingest = token(Tokens.INGEST_FILE);
    Files.delete(data.resolve(Tokens.QUERY_FILE));
    assertThat(open().opens(token(Tokens.QUERY_FILE))).isEqualTo(Optional.of(Api.QUERY));
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

  @Test
  void thoseOfASecretMayBeReadByTheirGroup() throws Exception {
    Path file = given("0123456789abcdef0123456789abcdef");
    assertThat(openGiven(file).opens("0123456789abcdef0123456789abcdef")).hasValue(Api.INGEST);
    assertThat(Files.exists(data.resolve(Tokens.INGEST_FILE))).isFalse();
    for (String mode : List.of("r--r--r--", "r--rw----", "rw-r---w-")) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
      assertThatThrownBy(() -> openGiven(file))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("chmod 640 " + file)
          .hasMessageContaining("defaultMode");
    }
  }

  /// Whoever asks for a proof can try such tokens elsewhere.
  @Test
  void oneThatCouldBeGuessedIsRefused() throws Exception {
    for (String text :
        List.of("", "0123456789abcdef0123456789abcde", "changeme".repeat(4), "x".repeat(64))) {
      Path file = given(text);
      assertThatThrownBy(() -> openGiven(file))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("openssl rand")
          .message()
          .satisfies(message -> assertThat(text.isEmpty() || !message.contains(text)).isTrue());
    }
  }

  @Test
  void oneThatIsMissingButWasPromisedIsTold() {
    Path file = data.resolve("none");
    assertThatThrownBy(() -> openGiven(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file + " does not exist");
  }

  private Tokens openGiven(Path ingest) throws IOException {
    return Tokens.open(
        data, new LocalDisk(), new Tokens.Files(Optional.of(ingest), Optional.empty()));
  }

  private Path given(String text) throws IOException {
    Path file = data.resolve("given");
    Files.deleteIfExists(file);
    Files.writeString(file, text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r-----"));
  }
}
