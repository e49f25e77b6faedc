package dev.purser.core.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "a\\u0026b|a&b",
        "\\\"\\\\\\/|\"\\/",
        "\\u00e9\\u20AC|é€",
        "\\ud83d\\ude00!|😀!",
        "\\ud83d|\ufffd",
        "\\ude00\\ud83d|\ufffd\ufffd",
        "\\ud83d\\u0041|\ufffdA",
        "é\\t|é\t",
      })
  void takesEscapesOut(String escaped, String plain) {
    byte[] bytes = ("##" + escaped + "##").getBytes(StandardCharsets.UTF_8);
    assertThat(JsonText.string(bytes, 2, bytes.length - 2, true)).isEqualTo(plain);
  }
}
