package dev.purser.core.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.record.EpochMicros;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Rfc3339Test {
  @ParameterizedTest
  @CsvSource({
    "1970-01-01T00:00:00Z, 0",
    "1970-01-01T00:00:00.000001Z, 1",
    "1969-12-31T23:59:59.999999Z, -1",
    "2026-11-23T04:45:03.801434Z, 1795409103801434",
    "2026-11-23T04:45:03.8014349Z, 1795409103801434",
    "2026-11-23T05:45:03.5+01:00, 1795409103500000",
    "2026-11-23T00:15:03-04:30, 1795409103000000",
    "2016-12-31T23:59:60Z, 1483228800000000",
  })
  void readsPointsInTime(String text, long micros) {
    assertThat(micros(text)).isEqualTo(micros);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2026-11-23",
        "2026-11-23T04:45:03",
        "2026-11-23T04:45:03.Z",
        "2026-13-23T04:45:03Z",
        "2026-02-29T04:45:03Z",
        "2026-11-23T24:45:03Z",
        "2026-11-23T04:60:03Z",
        "2026-11-23T04:45:61Z",
        "2026-11-23T04:45:03+1:00",
        "2026-11-23T04:45:03+01:60",
        "2026-11-23T04:45:03ZZ",
        "20x6-11-23T04:45:03Z",
        "2026-11-23T04:45:03.123",
        "-026-11-23T04:45:03Z"
      })
  void refusesAllElse(String text) {
    assertThat(micros(text)).isEqualTo(Rfc3339.NONE);
  }

  @Test
  void agreesWithTheJdk() {
    long seed = Long.getLong("purser.seed", 20_261_123);
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      Instant instant =
          Instant.ofEpochSecond(
              random.nextLong(-62_167_219_200L, 253_402_300_800L), random.nextInt(1_000_000_000));
      assertThat(micros(instant.toString()))
          .as("seed %d: %s", seed, instant)
          .isEqualTo(EpochMicros.of(instant.truncatedTo(ChronoUnit.MICROS)));
    }
  }

  private static long micros(String text) {
    byte[] bytes = ("9" + text + "9").getBytes(StandardCharsets.UTF_8);
    return Rfc3339.micros(bytes, 1, bytes.length - 1);
  }
}
