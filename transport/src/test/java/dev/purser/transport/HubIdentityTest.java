package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.disk.LocalDisk;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubIdentityTest {
  @TempDir private Path temp;

  private HubIdentity open(Path data) throws IOException {
    return HubIdentity.open(
        data, new LocalDisk(), List.of("hub.example", "10.0.0.7", "no name!"), TestHub.NOW);
  }

  @Test
  void isMadeOnceAndThenRead() throws Exception {
    Path data = temp.resolve("a/b");
    CertificatePin made = open(data).certSha256();
    assertThat(open(data).certSha256()).isEqualTo(made);
    assertThat(open(temp.resolve("other")).certSha256()).isNotEqualTo(made);
  }

  @Test
  void isReadableByItsOwnerOnlyAndLeavesNothingElse() throws Exception {
    open(temp);
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(temp.resolve("hub.pem"))))
        .isEqualTo("rw-------");
    try (java.util.stream.Stream<Path> files = Files.list(temp)) {
      assertThat(files).containsExactly(temp.resolve("hub.pem"));
    }
  }

  @Test
  void isACertificateOfTenYearsWithTheHubsNames() throws Exception {
    X509Certificate certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(
                    new ByteArrayInputStream(
                        open(temp).certificatePem().getBytes(StandardCharsets.US_ASCII)));
    assertThat(certificate.getPublicKey().getAlgorithm()).isEqualTo("EC");
    assertThat(certificate.getSubjectAlternativeNames())
        .extracting(name -> String.valueOf(name.get(1)))
        .containsExactly("hub.example", "10.0.0.7", "localhost", "127.0.0.1", "0:0:0:0:0:0:0:1");
    certificate.checkValidity(Date.from(TestHub.NOW));
    certificate.checkValidity(Date.from(TestHub.NOW.plus(Duration.ofDays(3652))));
    assertThat(certificate.getNotAfter())
        .isBefore(Date.from(TestHub.NOW.plus(Duration.ofDays(3655))));
    certificate.verify(certificate.getPublicKey());
  }

  @Test
  void refusesAFileThatOthersCanRead() throws Exception {
    open(temp);
    Path file = temp.resolve("hub.pem");
    for (String mode : List.of("rw-r-----", "rw----r--", "rw--w----", "rwx-----x")) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
      assertThatThrownBy(() -> open(temp))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("chmod 600 " + file);
    }
  }

  @Test
  void saysThatAFileIsDamagedWhateverIsInIt() throws Exception {
    open(temp);
    Path file = temp.resolve("hub.pem");
    String good = Files.readString(file);
    int certificate = good.indexOf("-----BEGIN CERTIFICATE");
    List<String> damaged =
        new ArrayList<>(
            List.of(
                "",
                "x",
                good.substring(certificate),
                good.substring(0, certificate),
                good.substring(0, good.length() / 2),
                good.replace("MI", "MJ"),
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
    open(temp.resolve("second"));
    String second = Files.readString(temp.resolve("second/hub.pem"));
    damaged.add(good.substring(0, certificate) + second.substring(second.indexOf("-----BEGIN C")));
    for (String text : damaged) {
      Files.writeString(file, text);
      assertThatThrownBy(() -> open(temp))
          .as(text)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is damaged")
          .hasMessageContaining("restore it from a backup");
    }
  }

  @Test
  void neverFailsOtherwiseThanWithAnIoException() throws Exception {
    open(temp);
    Path file = temp.resolve("hub.pem");
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(7);
    for (int round = 0; round < 300; round++) {
      byte[] bytes = good.clone();
      for (int i = 0; i < 1 + random.nextInt(3); i++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Files.write(file, bytes);
      try {
        open(temp);
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("damaged");
      }
    }
  }

  @Test
  void aPinIsReadWithOrWithoutColonsInAnyCase() throws Exception {
    CertificatePin pin = open(temp).certSha256();
    String colons = pin.sha256().toUpperCase(java.util.Locale.ROOT).replaceAll("(..)(?!$)", "$1:");
    assertThat(CertificatePin.parse(colons)).isEqualTo(pin);
    for (String wrong : List.of("", "ab", "g".repeat(64), pin.sha256() + "00")) {
      assertThatThrownBy(() -> CertificatePin.parse(wrong))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
