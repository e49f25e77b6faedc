package dev.purser.sources.logs.multiline;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The short ways of the rules against the long ones. Seeds are in each failure's description.
class RuleTest {
  private static final int ROUNDS = 20_000;
  private static final List<String> ATOMS =
      List.of(
          "a", "-", " ", "\\d", "\\s", "\\w", "\\[", "\\.", "[a-c]", "[0-9-]", "[^a]", "[\\d.]",
          ".", "\\S", "é", "$", "(a)", "\\x41");
  private static final List<String> TIMES =
      List.of("", "", "", "{2}", "+", "*", "?", "{1,2}", "+?");

  @ParameterizedTest
  @EnumSource
  void aLanguageKnowsWhichBytesItsRecordsBeginWith(Language language) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < ROUNDS; i++) {
      byte[] bytes = new byte[random.nextInt(12)];
      random.nextBytes(bytes);
      byte[] tail = tail(random);
      byte[] all = java.util.Arrays.copyOf(bytes, bytes.length + tail.length);
      System.arraycopy(tail, 0, all, bytes.length, tail.length);
      if (random.nextBoolean() && all.length > 0) {
        all[0] = (byte) random.nextInt(128);
      }
      Line line = line(all);
      if (language.next(Rule.NONE, line) != Rule.NONE) {
        assertThat(language.mayBegin(line.first())).as("%s, seed %s", line.first(), seed).isTrue();
      }
    }
  }

  @Test
  void theBeginningOfAPatternAgreesWithTheEngine() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int whole = 0;
    for (int i = 0; i < ROUNDS; i++) {
      StringBuilder text = new StringBuilder("^");
      for (int n = random.nextInt(4); n >= 0; n--) {
        String atom = ATOMS.get(random.nextInt(ATOMS.size()));
        text.append(atom).append(TIMES.get(random.nextInt(TIMES.size())));
      }
      String pattern = text.toString();
      LinePattern rule = LinePattern.start(pattern);
      whole += Prefix.of(pattern).filter(Prefix::isWhole).isPresent() ? 1 : 0;
      for (int k = 0; k < 5; k++) {
        StringBuilder input = new StringBuilder();
        for (int n = random.nextInt(8); n > 0; n--) {
          input.append("aab c01-.[]é_".charAt(random.nextInt(13)));
        }
        assertThat(rule.matches(line(input.toString().getBytes(StandardCharsets.UTF_8))))
            .as("%s on \"%s\", seed %s", pattern, input, seed)
            .isEqualTo(Pattern.compile(pattern).matcher(input.toString()).find());
      }
    }
    assertThat(whole).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"^\\d{4}-\\d{2}-\\d{2}", "^\\s+", "^\\[", "^[A-Z][a-z]", "^ at"})
  void commonPatternsNeedNoEngine(String pattern) {
    assertThat(Prefix.of(pattern).orElseThrow().isWhole()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "^a|b", "^(?i)a", "^[^a]", "^.", "^a*", "^\\S"})
  void otherPatternsHaveNoBeginning(String pattern) {
    assertThat(Prefix.of(pattern)).isEmpty();
  }

  private static byte[] tail(Random random) {
    List<String> tails =
        List.of("a.b.Error: x", "a.rb:1:in `f'", "/x.js:1", "at a", "---> ", "Error", "x.y:7", "");
    return tails.get(random.nextInt(tails.size())).getBytes(StandardCharsets.UTF_8);
  }

  private static Line line(byte[] bytes) {
    Line line = new Line();
    line.set(MemorySegment.ofArray(bytes), 0, bytes.length, 0, false, Line.Role.TEXT);
    return line;
  }
}
