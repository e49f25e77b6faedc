package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.rig.Asking;
import dev.purser.rig.PurserProcess;
import dev.purser.rig.PurserProcess.Result;
import dev.purser.rig.TailProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// `purser tail`, and the figures of containers, as users see them.
@Timeout(300)
@Execution(ExecutionMode.CONCURRENT)
class TailTest {
  private static final int LINES = 40_000;
  private static final int ROUNDS = 20;

  @TempDir Path directory;
  private Path container;
  private Path config;

  @BeforeEach
  void write() throws IOException {
    container = Files.createDirectories(directory.resolve("pods/shop_web-0_4711/app"));
    config =
        Files.writeString(
            directory.resolve("purser.yaml"),
            """
            data: %s
            hub: { listen: "127.0.0.1:0" }
            lake: { commitEvery: 1s }
            sources:
              containers: { paths: %s }
            """
                .formatted(directory.resolve("data"), directory.resolve("pods")));
  }

  @Test
  void showsEachRowOnceWhileRowsComeAndAreCommitted() throws Exception {
    try (PurserProcess _ = up();
        TailProcess tail =
            tail("logs", "--format", "json", "--columns", "message", "--since", "1h");
        TailProcess some =
            tail("logs", "--where", "message LIKE '%9' AND pod = 'web-0'", "--since", "1h")) {
      for (int round = 0; round < ROUNDS; round++) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < LINES / ROUNDS; i++) {
          lines.append(cri("line " + (round * (LINES / ROUNDS) + i)));
        }
        append(lines.toString());
        // So that rows of many frames and commits are seen.
        tail.awaitLines(round * (LINES / ROUNDS) + 1);
      }
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < LINES; i++) {
        expected.add("{\"message\":\"line " + i + "\"}");
      }
      append(cri("the end"));
      expected.add("{\"message\":\"the end\"}");
      assertThat(tail.awaitLines(LINES + 1)).isEqualTo(expected);
      assertThat(some.awaitLines(LINES / 10).getFirst())
          .isEqualTo("2026-11-23T05:00:00.123Z shop/web-0/app line 9");
      assertThat(some.awaitLines(LINES / 10)).hasSize(LINES / 10);
      some.interrupt();
      assertThat(some.awaitEnd()).isEqualTo(130);
    }
  }

  @Test
  void goesOnWhereItWasWhenTheHubStartsAgain() throws Exception {
    append(cri("zero"));
    PurserProcess hub = up();
    try (TailProcess tail = tail("logs", "--last", "1", "--columns", "message")) {
      assertThat(tail.awaitLines(1)).containsExactly("zero");
      append(cri("one"));
      tail.awaitLines(2);
      hub.kill();
      tail.awaitRemark("waiting for the hub");
      append(cri("two"));
      hub = up();
      tail.awaitRemark("the hub is back");
      tail.awaitLines(3);
      append(cri("three"));
      tail.awaitLines(4);
      assertThat(hub.stop()).isZero();
      hub = up();
      append(cri("four"));
      assertThat(tail.awaitLines(5)).containsExactly("zero", "one", "two", "three", "four");
    } finally {
      hub.close();
    }
  }

  @Test
  void endsWithItsReaderThoughNoRowComes() throws Exception {
    append(cri("one") + cri("two"));
    try (PurserProcess _ = up();
        Asking hub = new Asking(directory.resolve("data"))) {
      hub.awaitAtLeast(2, "SELECT count(*) AS n FROM logs");
      List<Process> pipe =
          PurserProcess.pipe(
              List.of("head", "-n", "1"), command("logs", "--last", "2", "--columns", "message"));
      assertThat(pipe.getLast().inputReader().readLine()).isEqualTo("one");
      assertThat(pipe.getFirst().waitFor()).isZero();
    }
  }

  @Test
  void tellsWhatItDoesNotTake() throws Exception {
    try (PurserProcess _ = up()) {
      assertRefused("expected one expression", "logs", "--where", "true) UNION SELECT (1");
      assertRefused("a subquery is not allowed", "logs", "--where", "EXISTS (FROM gaps)");
      assertRefused("\"getenv\" is not allowed", "logs", "--where", "getenv('HOME') = message");
      assertRefused("no table \"log\"; there are: audit", "log");
      assertRefused("no column \"mesage\" in table logs", "logs", "--columns", "mesage");
      Result duration = run("logs", "--since", "soon");
      assertThat(duration.exit()).isEqualTo(2);
      assertThat(duration.err()).contains("--since: expected a duration such as");
      assertThat(run("logs", "--since", "1m", "--last", "3").exit()).isEqualTo(2);
    }
    Result none = run("logs");
    assertThat(none.exit()).isEqualTo(1);
    assertThat(none.err()).contains("cannot connect to the hub");
  }

  @Test
  void theFiguresOfAContainerAreExactAfterARotationAndALoss() throws Exception {
    try (PurserProcess _ = up();
        Asking hub = new Asking(directory.resolve("data"))) {
      String one = cri("one");
      append(one);
      hub.awaitAtLeast(1, "SELECT count(*) AS n FROM logs");
      // The kubelet's rotation; the file goes while the agent may not have read it.
      String two = cri("two");
      append(two);
      Path rotated = container.resolve("0.log.20261123-050000");
      Files.move(container.resolve("0.log"), rotated);
      Files.delete(rotated);
      String three = cri("three");
      append(three);
      String unfinished = "2026-11-23T05:00:00.123456789Z stdout F waits";
      append(unfinished);
      hub.awaitAtLeast(3, "SELECT count(*) AS n FROM logs");
      long complete = (long) one.length() + two.length() + three.length();
      awaitFigures(hub, complete + unfinished.length(), complete, 0);
      awaitUnended(hub, unfinished.length());
      assertThat(PurserProcess.run("status", "--config", config.toString()).out())
          .containsPattern(
              " " + unfinished.length() + " B(, \\d+ s)? \\(a last line without an end\\)");
      // What stood in the file and was not read is lost, and said to be.
      String four = cri("4");
      Files.writeString(container.resolve("0.log"), four);
      hub.awaitAtLeast(4, "SELECT count(*) AS n FROM logs");
      complete += four.length();
      awaitFigures(hub, complete + unfinished.length(), complete, unfinished.length());
      JsonNode gap = hub.sql("SELECT to_position::BIGINT AS upto FROM gaps").path(0);
      assertThat(gap.path("upto").asLong()).isEqualTo(three.length() + unfinished.length());
      awaitMetric(hub, "written", complete + unfinished.length());
      awaitMetric(hub, "read", complete);
      awaitMetric(hub, "delivered", complete);
      awaitMetric(hub, "lost", unfinished.length());
      assertThat(PurserProcess.run("status", "--config", config.toString()).out())
          .containsPattern("container +written +read +delivered +lost +lag")
          .containsPattern(
              "shop/web-0/app +"
                  + (complete + unfinished.length())
                  + " B +"
                  + complete
                  + " B +"
                  + complete
                  + " B +"
                  + unfinished.length()
                  + " B +0 B");
    }
  }

  private void awaitFigures(Asking hub, long written, long delivered, long lost) throws Exception {
    JsonNode found = new ObjectMapper().createObjectNode();
    for (int i = 0; i < 100_000; i++) {
      found = hub.status().path("containers").path(0);
      if (found.path("writtenBytes").asLong() == written
          && found.path("readBytes").asLong() == delivered
          && found.path("deliveredBytes").asLong() == delivered
          && found.path("lostBytes").asLong() == lost) {
        assertThat(found.path("namespace").asText()).isEqualTo("shop");
        assertThat(found.path("pod_uid").asText()).isEqualTo("4711");
        assertThat(found.path("lagBytes").asLong()).isEqualTo(written - delivered - lost);
        return;
      }
    }
    throw new AssertionError(
        "written, delivered, lost: " + List.of(written, delivered, lost) + ": " + found);
  }

  private static void awaitUnended(Asking hub, long expected) throws Exception {
    long found = -1;
    for (int i = 0; found != expected && i < 100_000; i++) {
      found = hub.status().path("containers").path(0).path("unendedBytes").asLong();
    }
    assertThat(found).isEqualTo(expected);
  }

  /// They are looked at every other second.
  private static void awaitMetric(Asking hub, String what, long expected) throws Exception {
    String name = "purser_container_" + what + "_bytes_total{";
    String labels = "container=\"app\",namespace=\"shop\",pod=\"web-0\",pod_uid=\"4711\"} ";
    String found = "";
    for (int i = 0; i < 100_000; i++) {
      found =
          hub.metrics().lines().filter(line -> line.startsWith(name)).findFirst().orElse("none");
      if (found.startsWith(name + labels)
          && Double.parseDouble(found.substring(name.length() + labels.length())) == expected) {
        return;
      }
    }
    throw new AssertionError(what + ", expected " + expected + ": " + found);
  }

  private void assertRefused(String message, String... arguments) throws Exception {
    Result refused = run(arguments);
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.err()).contains(message).doesNotContain("\tat ");
    assertThat(refused.out()).isEmpty();
  }

  private PurserProcess up() throws Exception {
    return PurserProcess.start("up", "--config", config.toString()).awaitReady();
  }

  private Result run(String... arguments) throws Exception {
    return PurserProcess.run(command(arguments));
  }

  private TailProcess tail(String... arguments) throws IOException {
    return PurserProcess.tail(command(arguments));
  }

  private String[] command(String... arguments) {
    List<String> command = new ArrayList<>(List.of("tail", "--config", config.toString()));
    command.addAll(List.of(arguments));
    return command.toArray(String[]::new);
  }

  private static String cri(String message) {
    return "2026-11-23T05:00:00.123456789Z stdout F " + message + "\n";
  }

  private void append(String lines) throws IOException {
    Files.writeString(
        container.resolve("0.log"), lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
