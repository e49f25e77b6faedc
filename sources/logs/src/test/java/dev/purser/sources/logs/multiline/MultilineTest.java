package dev.purser.sources.logs.multiline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.config.ConfigException;
import dev.purser.core.config.DataSize;
import dev.purser.core.config.Section;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultilineTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multiline: [java, python]",
        "multiline: { languages: [java, python], timeout: 1s, maxBytes: 1MB }"
      })
  void languagesAreAListOrAKeyOfAMapping(String yaml) throws Exception {
    Multiline multiline = read(yaml);
    assertThat(multiline.rules()).isEqualTo(List.of(Language.JAVA, Language.PYTHON));
    assertThat(multiline.timeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(multiline.maxBytes()).isEqualTo(DataSize.ofMegabytes(1));
  }

  @Test
  void oneLanguageNeedsNoList() throws Exception {
    assertThat(read("multiline: go")).isEqualTo(Multiline.parse("go"));
  }

  @Test
  void aPatternHasItsOwnTimeAndSize() throws Exception {
    Multiline multiline = read("multiline: { start: '^\\d{4}-', timeout: 250ms, maxBytes: 64KB }");
    assertThat(multiline.rules()).hasSize(1);
    assertThat(multiline.timeout()).isEqualTo(Duration.ofMillis(250));
    assertThat(multiline.maxBytes()).isEqualTo(new DataSize(64 << 10));
  }

  @Test
  void nothingIsJoinedWithoutIt() throws Exception {
    assertThat(Multiline.read(Section.parse("c", "name: x"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          multiline: cobol                             | multiline: expected one or more of java, python, go, node, ruby, dotnet, found "cobol"
          multiline: { start: '(a' }                   | multiline.start: no pattern in RE2's syntax: missing closing ) in "(a"
          multiline: { start: '' }                     | multiline.start: expected a pattern of 1 to 1000 characters, found 0
          multiline: { start: a, continuation: b }     | multiline.continuation: expected one of languages, start and continuation, found start and continuation
          multiline: { timeout: 1s }                   | multiline.languages: expected one of languages, start and continuation, found none
          multiline: { start: a, timeout: 2h }         | multiline.timeout: expected 10ms to 1h, found 7200000ms
          multiline: { start: a, maxBytes: 10B }       | multiline.maxBytes: expected 1KB to 64MB, found 10B
          multiline: { start: a, timout: 1s }          | multiline.timout: unknown key; did you mean timeout?
          multiline: { languages: [java, cobol] }      | multiline.languages: expected one or more of java
          multiline: { start: '((a{99}){99}){9}' }     | multiline.start: the pattern repeats too much
          multiline: { start: '(a?){700}' }            | multiline.start: the pattern repeats too much
          multiline: { start: '((((a?)))){400}' }      | multiline.start: the pattern repeats too much
          multiline: { start: '(((a{9}){9}{9,}){9}' }  | multiline.start: no pattern in RE2's syntax
          """)
  void faultsSayWhereAndWhatWasExpected(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"java", " java ,python", "start: ^\\d", "continuation:^\\s"})
  void readsOneLine(String text) {
    assertThat(Multiline.parse(text).rules()).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''            | found ""
          java,         | found ""
          Java          | found "Java"
          begin: x      | expected java, python, go, node, ruby, dotnet, start: <pattern> or continuation: <pattern>, found "begin: x"
          start: [      | no pattern in RE2's syntax
          start:        | expected a pattern of 1 to 1000 characters
          """)
  void aLineThatIsNoneIsRefused(String text, String message) {
    assertThatThrownBy(() -> Multiline.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void usualCountsAreAllowed() {
    String address = "^(\\d{1,3}\\.){3}\\d{1,3} \\[\\d{2}/[A-Za-z]{3}/\\d{4}(:\\d{2}){3}\\]";
    assertThat(Multiline.parse("start: " + address).rules()).hasSize(1);
    String braces = "^\\{\"a\": \\d{1000}(\\w{1,1000}|x{2})";
    assertThat(Multiline.parse("start: " + braces).rules()).hasSize(1);
  }

  private static Multiline read(String yaml) throws ConfigException {
    Section section = Section.parse("c", yaml);
    java.util.Optional<Multiline> multiline = Multiline.read(section);
    section.throwFaults("c");
    return multiline.orElseThrow();
  }
}
