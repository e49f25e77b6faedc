package dev.purser.core.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ExcerptTest {
  @Test
  void whatIsShortAndPlainIsShownAsItIs() {
    assertThat(Excerpt.of("grün 🙂", 6)).isEqualTo("grün 🙂");
    assertThat(Excerpt.of("", 6)).isEmpty();
  }

  @Test
  void whatIsLongIsCutBetweenCharacters() {
    assertThat(Excerpt.of("🙂🙂🙂", 2)).isEqualTo("🙂🙂…");
    assertThat(Excerpt.of(Path.of("/" + "a/".repeat(8000)))).hasSizeLessThan(1000).endsWith("…");
  }

  @Test
  void nothingStandsForACommandOrAnotherOrder() {
    assertThat(Excerpt.of("a\nb\u001b[2Jc\u009bd\u202ee\u2028f\ud800g", 100))
        .isEqualTo("a?b?[2Jc?d?e?f?g");
  }
}
