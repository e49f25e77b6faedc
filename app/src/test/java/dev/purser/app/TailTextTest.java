package dev.purser.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class TailTextTest {
  private static final String TIME = "\"time\":\"2026-11-23T05:00:00.123456Z\"";

  @Test
  void showsTimePlaceAndMessageOfALogLine() throws Exception {
    assertThat(
            line(
                "logs",
                false,
                "\"namespace\":\"shop\",\"pod\":\"web-0\",\"container\":\"app\",\"file\":\"/x\",\"message\":\"hello\""))
        .isEqualTo("2026-11-23T05:00:00.123Z shop/web-0/app hello");
    assertThat(
            line(
                "logs",
                true,
                "\"namespace\":null,\"pod\":null,\"file\":\"/var/log/x\",\"message\":\"hello\""))
        .isEqualTo("2026-11-23T05:00:00.123Z /var/log/x hello");
  }

  @Test
  void coloursThePlaceByItsPod() throws Exception {
    String pod = "\"namespace\":\"shop\",\"pod\":\"%s\",\"container\":\"%s\",\"message\":\"m\"";
    String first = line("logs", true, pod.formatted("web-0", "app"));
    assertThat(first).matches("\\S+ \u001b\\[\\d\\dmshop/web-0/app\u001b\\[0m m");
    String colour = first.substring(first.indexOf('\u001b'), first.indexOf('m') + 1);
    assertThat(line("logs", true, pod.formatted("web-0", "sidecar"))).contains(colour);
  }

  @Test
  void letsNoMessageSteerTheTerminal() throws Exception {
    assertThat(
            line("LOGS", false, "\"file\":\"/x\",\"message\":\"\\u001b[2Ja\\tb\\r\\nc\\u202e\\n\""))
        .isEqualTo("2026-11-23T05:00:00.123Z /x \ufffd[2Ja\tb\n    c\ufffd");
  }

  @Test
  void saysWhoDidWhatWithWhatOutcome() throws Exception {
    assertThat(
            line(
                "audit",
                false,
                "\"stage\":\"ResponseComplete\",\"verb\":\"get\",\"user\":\"eve\",\"resource\":\"secrets\","
                    + "\"namespace\":\"shop\",\"name\":\"db\",\"uri\":\"/api\",\"code\":403,\"decision\":\"forbid\""))
        .isEqualTo("2026-11-23T05:00:00.123Z eve get secrets shop/db 403 forbid");
    assertThat(line("audit", false, "\"stage\":\"Panic\",\"verb\":\"get\",\"uri\":\"/healthz\""))
        .isEqualTo("2026-11-23T05:00:00.123Z get /healthz (Panic)");
  }

  @Test
  void showsWhatATableWithoutAFormOfItsOwnHas() throws Exception {
    assertThat(
            line(
                "node_problems", false, "\"raw\":\"x\",\"node\":\"n1\",\"a\":null,\"b\":[1,\"c\"]"))
        .isEqualTo("2026-11-23T05:00:00.123Z node=n1 b=[1,\"c\"]");
    assertThat(new TailText("node_problems", List.of(), false).columns()).isEmpty();
  }

  @Test
  void showsJustTheColumnsThatWereChosen() throws Exception {
    TailText text = new TailText("logs", List.of("seq", "message"), false);
    assertThat(text.columns()).containsExactly("seq", "message");
    assertThat(text.line(new ObjectMapper().readTree("{\"seq\":7,\"message\":\"m\"}")))
        .isEqualTo("7  m");
  }

  private static String line(String table, boolean coloured, String fields) throws Exception {
    return new TailText(table, List.of(), coloured)
        .line(new ObjectMapper().readTree("{" + TIME + "," + fields + "}"));
  }
}
