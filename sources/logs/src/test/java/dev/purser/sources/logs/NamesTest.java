package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {

  @ParameterizedTest
  @CsvSource({
    "app.log.1, app.log",
    "app.log.12, app.log",
    "app.log-20261123, app.log",
    "app.log-2026-11-23, app.log",
    "app.log.2026-11-23, app.log",
    "app.log-1795409882, app.log",
    "0.log.20261123-043802, 0.log",
    "audit-2026-11-23T04-38-02.000.log, audit.log",
    "audit-2026-11-23T04-38-02.000, audit",
    "a.1.log.3, a.1.log",
  })
  void aRotatedNameTellsItsBase(String name, String base) {
    assertThat(RotatedName.parse(name)).map(RotatedName::base).contains(base);
  }

  @ParameterizedTest
  @ValueSource(strings = {"app.log", "1.log", "app-v2.log", ".1", "app.", "app-2026.log", "x-1"})
  void otherNamesAreNotRotated(String name) {
    assertThat(RotatedName.parse(name)).isEmpty();
  }

  @Test
  void theOldestRotationComesFirst() {
    assertThat(sorted("a.1", "a.10", "a.2")).containsExactly("10", "2", "1");
    assertThat(sorted("a-20261124", "a-20261123")).containsExactly("20261123", "20261124");
  }

  @Test
  void aPatternCoversItsFilesAndTheirRotations() {
    FilePattern pattern = new FilePattern("/var/log/*/app*.log");
    assertThat(pattern.covers(Path.of("/var/log/a/app-x.log"))).isTrue();
    assertThat(pattern.covers(Path.of("/var/log/a/app.log.3"))).isTrue();
    assertThat(pattern.covers(Path.of("/var/log/a/b/app.log"))).isFalse();
    assertThat(pattern.covers(Path.of("/var/log/a/other.log"))).isFalse();
    FilePattern deep = new FilePattern("/srv/**/*.log");
    assertThat(deep.covers(Path.of("/srv/x.log"))).isTrue();
    assertThat(deep.covers(Path.of("/srv/a/b/x.log"))).isTrue();
    assertThat(deep.covers(Path.of("/srv/a/b/x.txt"))).isFalse();
  }

  @Test
  void aStreamIdIsReadBack() {
    Fingerprint fingerprint =
        Fingerprint.ofFirstLine(ByteBuffer.wrap("first\nsecond".getBytes(StandardCharsets.UTF_8)));
    assertThat(fingerprint.length()).isEqualTo(6);
    for (int generation : List.of(0, 7)) {
      FileStreamId id =
          new FileStreamId(
              "b0-0b", new FileId(65024, 99, 0x18ea95d0fb4f2458L), fingerprint, generation);
      assertThat(FileStreamId.parse("b0-0b", id.toString())).contains(id);
      assertThat(FileStreamId.parse("another", id.toString())).isEmpty();
    }
    assertThat(FileStreamId.parse("b0-0b", "file/b0-0b/nonsense")).isEmpty();
  }

  private static List<String> sorted(String... names) {
    return Stream.of(names)
        .flatMap(name -> RotatedName.parse(name).stream())
        .sorted(RotatedName.OLDEST_FIRST)
        .map(RotatedName::stamp)
        .toList();
  }
}
