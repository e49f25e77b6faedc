package dev.purser.sources.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TornLineTest {
  private static final String MARKER = new String(Marker.BYTES, StandardCharsets.US_ASCII);
  private static final String EVENT = MARKER + "v1\",\"auditID\":\"x\"}";
  private static final ObjectMapper JACKSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final TornLine torn = new TornLine();

  @Test
  void findsTheWholeEventWhereverTheOneInFrontIsTorn() throws Exception {
    List<String> corpus = AuditDecoderTest.corpus();
    String second = corpus.get(1);
    for (String first : List.of(corpus.get(0), corpus.get(50))) {
      for (int cut = 1; cut < first.length(); cut++) {
        assertThat(split(first.substring(0, cut) + second + "\n"))
            .as("cut at %d", cut)
            .isEqualTo(cut);
      }
    }
  }

  @Test
  void findsTheWholeEventBehindSeveralTornOnesAndBehindZeros() {
    assertThat(split(EVENT.substring(0, 50) + EVENT.substring(0, 20) + EVENT)).isEqualTo(70);
    assertThat(split("\0\0\0" + EVENT)).isEqualTo(3);
    assertThat(split(EVENT + EVENT + EVENT)).isEqualTo(2 * EVENT.length());
  }

  @Test
  void leavesValidLinesWhole() throws Exception {
    for (String line : AuditDecoderTest.corpus()) {
      assertThat(split(line + "\n")).isEqualTo(-1);
    }
    assertThat(
            split(EVENT.substring(0, EVENT.length() - 1) + ",\"requestObject\":" + EVENT + "}\n"))
        .isEqualTo(-1);
  }

  @Test
  void leavesTornLinesWholeThatHaveNoWholeEvent() {
    assertThat(split("")).isEqualTo(-1);
    assertThat(split("no JSON")).isEqualTo(-1);
    assertThat(split(EVENT.substring(0, 50) + EVENT.substring(0, 50))).isEqualTo(-1);
    assertThat(split(EVENT.substring(0, 50) + "{\"kind\":\"Event\"}")).isEqualTo(-1);
  }

  /// A user has an event put into the body of a request, to have it read as one of its own.
  @Test
  void takesNoEventOutOfATornRequest() {
    String body = ",\"requestObject\":[" + EVENT + "," + EVENT + "],\"verb\":\"patch\"}";
    String line = EVENT.substring(0, EVENT.length() - 1) + body;
    for (int cut = 1; cut < line.length(); cut++) {
      assertThat(split(line.substring(0, cut) + EVENT + "\n")).as("cut at %d", cut).isEqualTo(cut);
    }
  }

  @Test
  void agreesWithThePlainWayOnRandomLines() {
    String[] pieces = {
      EVENT,
      MARKER,
      EVENT.substring(0, 30),
      MARKER + "\",\"a\":" + EVENT + "}",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "\"",
      "\"a\":",
      "\\",
      "1",
      " ",
      MARKER + "\",\"a\":[",
      MARKER + "\",\"a\":\"",
      "\\u12",
      "tru",
      "{\"a\":"
    };
    long seed = Long.getLong("purser.seed", 20_261_123);
    Random random = new Random(seed);
    int found = 0;
    for (int round = 0; round < 20_000; round++) {
      StringBuilder line = new StringBuilder();
      for (int n = random.nextInt(7); n >= 0; n--) {
        line.append(pieces[random.nextInt(pieces.length)]);
      }
      if (random.nextInt(3) > 0) {
        line.append(EVENT);
      }
      int expected = plainly(line.toString());
      found += expected < 0 ? 0 : 1;
      if (split(line.toString()) != expected) {
        fail("seed %d: expected %d, not %d, in %s", seed, expected, split(line.toString()), line);
      }
    }
    assertThat(found).isGreaterThan(4_000);
  }

  @Test
  void takesLinearTimeWhateverTheLineHolds() {
    String nested = (MARKER + "\",\"a\":").repeat(100_000);
    assertThat(split(nested + "1".repeat(1 << 20) + "\n")).isEqualTo(-1);
    assertThat(split((EVENT + ",").repeat(100_000) + "\n")).isEqualTo(-1);
    assertThat(split("\"" + MARKER.repeat(100_000) + "\n")).isEqualTo(-1);
    assertThat(split(nested + EVENT + "\n")).isEqualTo(nested.length());
  }

  private static int plainly(String line) {
    if (isJson(line)) {
      return -1;
    }
    for (int at = line.indexOf(MARKER, 1); at >= 0; at = line.indexOf(MARKER, at + 1)) {
      if (isJson(line.substring(at))) {
        return at;
      }
    }
    return -1;
  }

  private static boolean isJson(String text) {
    try {
      return !JACKSON.readTree(text).isMissingNode();
    } catch (IOException e) {
      return false;
    }
  }

  private int split(String line) {
    byte[] bytes = ("??" + line + "??").getBytes(StandardCharsets.UTF_8);
    int at = torn.split(bytes, 2, bytes.length - 2);
    return at < 0 ? at : at - 2;
  }
}
