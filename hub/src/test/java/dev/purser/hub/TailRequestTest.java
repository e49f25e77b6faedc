package dev.purser.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.purser.hub.TailRequest.Begin;
import dev.purser.lake.Cursor;
import dev.purser.transport.QueryRejected;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TailRequestTest {
  @Test
  void readsWhatAReaderAsksFor() throws Exception {
    TailRequest all = TailRequest.parse("{\"table\":\"logs\"}");
    assertThat(all.selection().columns()).isEmpty();
    assertThat(all.selection().where()).isNull();
    assertThat(all.begin()).isEqualTo(new Begin.Now());
    TailRequest some =
        TailRequest.parse(
            "{\"table\":\"logs\",\"columns\":[\"a\",\"b\"],\"where\":\"a = 1\",\"after\":\"7/1/s/t\"}");
    assertThat(some.selection().columns()).isEqualTo(List.of("a", "b"));
    assertThat(some.selection().where()).isEqualTo("a = 1");
    assertThat(some.begin()).isEqualTo(new Begin.After(new Cursor(7, "s/t", 1)));
    assertThat(TailRequest.parse("{\"table\":\"logs\",\"sinceMillis\":5}").begin())
        .isEqualTo(new Begin.Since(Duration.ofMillis(5)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "\"logs\"",
        "{",
        "{}",
        "{\"table\":\"logs\"} {}",
        "{\"table\":1}",
        "{\"table\":\"logs\",\"tabel\":\"x\"}",
        "{\"table\":\"logs\",\"columns\":\"a\"}",
        "{\"table\":\"logs\",\"columns\":[1]}",
        "{\"table\":\"logs\",\"where\":true}",
        "{\"table\":\"logs\",\"after\":\"x\"}",
        "{\"table\":\"logs\",\"after\":7}",
        "{\"table\":\"logs\",\"last\":-1}",
        "{\"table\":\"logs\",\"last\":1.5}",
        "{\"table\":\"logs\",\"last\":99999999999999999999}",
        "{\"table\":\"logs\",\"sinceMillis\":9223372036854775807}",
        "{\"table\":\"logs\",\"after\":\"7\",\"last\":1}",
      })
  void refusesWhatItDoesNotKnow(String text) {
    assertThat(catchThrowable(() -> TailRequest.parse(text))).isInstanceOf(QueryRejected.class);
  }

  @Test
  void refusesWhatIsNestedTooDeeply() {
    String deep = "{\"table\":\"logs\",\"columns\":" + "[".repeat(100_000);
    assertThat(catchThrowable(() -> TailRequest.parse(deep))).isInstanceOf(QueryRejected.class);
  }
}
