package dev.purser.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.purser.core.disk.LocalDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What readers may not ask of a table that they follow.
class TailGuardTest {
  private static final QueryLimits LIMITS = new QueryLimits(100, Duration.ofSeconds(30));

  @TempDir static Path directory;
  private static Lake lake;

  @BeforeAll
  static void opens() throws Exception {
    lake = LakeTest.open(directory, new LocalDisk(), LineDecoder.logs(), LineDecoder.others());
    new Frames().lines("s1", LineDecoder.KIND, "one").end().applyTo(lake);
  }

  @AfterAll
  static void closes() throws IOException {
    lake.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "true; SELECT 1",
        "true); SELECT (1",
        "true) UNION SELECT (1",
        "true) FROM gaps WHERE (true",
        "true) FROM gaps --",
        "true) WHERE (true",
        "true) ORDER BY (1",
        "true) LIMIT (1",
        "true) GROUP BY (1",
        "true) HAVING (true",
        "true) QUALIFY (true",
        "true) USING SAMPLE (1",
        "true), (false",
        "true) AS x, (false",
        "true) /*",
        "true) --",
        "1) AS x --",
        "SELECT true",
        "EXISTS (SELECT 1 FROM gaps)",
        "message IN (SELECT message FROM gaps)",
        "(SELECT count(*) FROM logs) > 0",
        "message = (FROM read_text('/etc/passwd'))",
        "message = getenv('HOME')",
        "message = current_setting('memory_limit')",
        "nextval('x') > 0",
        "sleep_ms(100) IS NULL",
        "message = ?",
        "message = $1",
        "count(*) > 0",
        "row_number() OVER () > 0",
        "unnest([true])",
        "no_such_column = 1",
        "no_such_function(1)",
        "message = 'open",
        "message = 1 = ",
        "\u0000",
        "drop table logs_0",
      })
  void refusesWhatIsNotOneHarmlessExpression(String where) {
    Selection hostile = new Selection("logs", List.of("message"), where);
    QueryException refused =
        catchThrowableOfType(
            QueryException.class,
            () -> lake.tails().read(hostile, Cursor.START, LIMITS, new Answer()));
    assertThat(refused).as(where).isNotNull();
    assertThat(refused.reason())
        .as(refused.getMessage())
        .isIn(QueryException.Reason.INVALID, QueryException.Reason.REFUSED);
    // Also by one that asks for the future alone.
    assertThat(
            catchThrowableOfType(
                QueryException.class,
                () -> lake.tails().read(hostile, lake.tails().now(), LIMITS, new Answer())))
        .isNotNull();
  }

  @Test
  void namesWhatThereIsInsteadOfWhatThereIsNot() {
    assertThat(refusal(new Selection("logs\" --", List.of(), null)))
        .contains("no table \"logs\" --\"")
        .contains("gaps, logs, others");
    assertThat(refusal(new Selection("logs", List.of("message\" FROM gaps --"), null)))
        .contains(
            "no column \"message\" FROM gaps --\" in table logs; there are: time, ingest_time");
    assertThat(refusal(new Selection("logs", List.of(), "message =\n)")))
        .contains("(line 2, column 1)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "-1", "1/2", "1//s", "1/x/s", "1/2/", "9999999999999999999", "1 "})
  void takesNoOtherTextForACursor(String text) {
    assertThat(catchThrowableOfType(IllegalArgumentException.class, () -> Cursor.parse(text)))
        .isNotNull();
  }

  private String refusal(Selection selection) {
    return String.valueOf(
        catchThrowableOfType(
                QueryException.class,
                () -> lake.tails().read(selection, Cursor.START, LIMITS, new Answer()))
            .getMessage());
  }
}
