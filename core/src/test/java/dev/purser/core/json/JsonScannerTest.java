package dev.purser.core.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.purser.core.table.MalformedRecordException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonScannerTest {
  private static final JsonFactory JACKSON = new JsonFactory();
  private static final String[] PIECES = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\"a\"",
    "\"long name with blanks\"",
    "1",
    "-0.5e+3",
    "0",
    "01",
    "-",
    "1.",
    "true",
    "false",
    "null",
    "nul",
    " ",
    "\n",
    "\t",
    "\\",
    "\\u00e9",
    "\\ud83d\\ude00",
    "\"\\n\"",
    "\"\\x\"",
    "{}",
    "[]",
    "{\"a\":1}",
    "[1,2]",
    "\u0001",
    "x"
  };

  private final JsonScanner scanner = new JsonScanner(100);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}", "[]", " { \"a\" : [ ] } ", "[1,-2.5e10,true,false,null,\"x\",{\"a\":{\"b\":[[]]}}]",
            "\"\\u00e9\\n\"",
        "0", "-0", "1e5", "\"twenty-four characters..\"", "[\"0123456789\\\\\",\"\\\"\"]"
      })
  void skipsOneWholeValue(String json) throws Exception {
    assertThat(isJson(json)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\"}",
        "{\"a\":}",
        "[1 2]",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "tru",
        "nulL",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\u0001\"",
        "\"tab\there\"",
        "{} {}",
        "[]]",
        "{\"a\":1]",
        "[1}",
        "NaN",
        "'a'",
        "\ufeff{}"
      })
  void refusesWhatIsNoJson(String json) {
    assertThat(isJson(json)).isFalse();
  }

  @Test
  void knowsWhereEachValueLies() throws Exception {
    byte[] bytes =
        bytes("xx{\"a\":\"b\\nc\", \"n\":42,\"skip\":{\"a\":[1]},\"list\":[\"p\",7,\"q\"]}yy");
    FieldNames names = FieldNames.of("a", "n", "list");
    scanner.reset(bytes, 2, bytes.length - 2);
    scanner.enterObject();

    assertThat(scanner.nextField()).isTrue();
    assertThat(scanner.name(names)).isZero();
    assertThat(scanner.string()).isTrue();
    assertThat(scanner.escaped()).isTrue();
    assertThat(JsonText.string(bytes, scanner.start(), scanner.end(), true)).isEqualTo("b\nc");

    assertThat(scanner.nextField()).isTrue();
    assertThat(scanner.name(names)).isEqualTo(1);
    assertThat(scanner.string()).isFalse();
    assertThat(
            new String(
                bytes, scanner.start(), scanner.end() - scanner.start(), StandardCharsets.UTF_8))
        .isEqualTo("42");

    assertThat(scanner.nextField()).isTrue();
    assertThat(scanner.name(names)).isEqualTo(-1);
    assertThat(scanner.peek()).isEqualTo((byte) '{');
    int from = scanner.position();
    scanner.skipValue();
    assertThat(new String(bytes, from, scanner.position() - from, StandardCharsets.UTF_8))
        .isEqualTo("{\"a\":[1]}");
    assertThat(scanner.lastClosed()).isEqualTo(from);

    assertThat(scanner.nextField()).isTrue();
    scanner.enterArray();
    int strings = 0;
    while (scanner.nextElement()) {
      strings += scanner.string() ? 1 : 0;
    }
    assertThat(strings).isEqualTo(2);
    assertThat(scanner.nextField()).isFalse();
    scanner.finish();
  }

  @Test
  void takesAnyBytesOfNonAsciiInStrings() throws Exception {
    byte[] bytes = bytes("{\"a\":\"________\"}");
    for (int i = 6; i < 14; i++) {
      bytes[i] = (byte) (0x80 | (17 * i));
    }
    scanner.reset(bytes, 0, bytes.length);
    scanner.skipValue();
    scanner.finish();
  }

  @Test
  void stopsAtTheDepthItWasGiven() throws Exception {
    assertThat(isJson("[".repeat(100) + "]".repeat(100))).isTrue();
    byte[] bytes = bytes("[".repeat(101) + "]".repeat(101));
    scanner.reset(bytes, 0, bytes.length);
    assertThatThrownBy(scanner::skipValue)
        .isInstanceOf(MalformedRecordException.class)
        .hasMessage("JSON deeper than 100 levels at byte 100");
  }

  @Test
  void agreesWithJacksonOnRandomTexts() throws Exception {
    long seed = Long.getLong("purser.seed", 20_261_123);
    Random random = new Random(seed);
    int valid = 0;
    for (int i = 0; i < 200_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(8); n >= 0; n--) {
        text.append(PIECES[random.nextInt(PIECES.length)]);
      }
      boolean expected = isJsonForJackson(text.toString());
      valid += expected ? 1 : 0;
      if (isJson(text.toString()) != expected) {
        fail("seed %d: %s is JSON for Jackson: %s", seed, text, expected);
      }
    }
    assertThat(valid).isGreaterThan(1000);
  }

  private boolean isJson(String text) {
    byte[] bytes = bytes(text);
    scanner.reset(bytes, 0, bytes.length);
    try {
      scanner.skipValue();
      scanner.finish();
      return true;
    } catch (MalformedRecordException e) {
      return false;
    }
  }

  private static boolean isJsonForJackson(String text) {
    try (JsonParser parser = JACKSON.createParser(bytes(text))) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        return false;
      }
      if (first.isStructStart()) {
        parser.skipChildren();
        if (parser.currentToken() == null || !parser.currentToken().isStructEnd()) {
          return false;
        }
      } else {
        parser.getText();
      }
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
