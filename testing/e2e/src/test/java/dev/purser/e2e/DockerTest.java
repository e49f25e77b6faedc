package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.rig.Asking;
import dev.purser.rig.Docker;
import dev.purser.rig.Up;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Containers of a real Docker.
@Tag("root")
class DockerTest {
  private static final int LINES = 40_000;
  private static final int LONG_BYTES = 50_000;

  @TempDir private static Path directory;
  private static Docker docker;
  private static Up purser;
  private static Asking hub;

  @BeforeAll
  static void start() throws Exception {
    docker = Docker.up();
    Files.createDirectory(directory.resolve("pods"));
    purser =
        Up.start(
            directory,
            """
            sources:
              containers: { paths: %s/pods, docker: %s, sockets: ["%s"], multiline: java }
            """
                .formatted(directory, docker.logs(), docker.socket()));
    hub = purser.hub();
  }

  @AfterAll
  static void stop() {
    if (purser != null) {
      purser.close();
    }
    if (docker != null) {
      docker.close();
    }
  }

  /// Slow enough that each rotation is seen: what a quicker one loses is a gap.
  @Test
  void linesAreReadOnceThroughRotation() throws Exception {
    docker.run(
        "rotating",
        List.of("--log-opt", "max-size=1m", "--log-opt", "max-file=3", "--label", "app=shop"),
        "i=0; while [ $i -lt %d ]; do echo line $i of some length, so that it rotates; i=$((i+1)); done"
            .formatted(LINES));
    docker.await("rotating");

    String rows = "FROM logs WHERE container = 'rotating'";
    hub.awaitAtLeast(LINES, "SELECT count(*) AS n " + rows);
    assertThat(hub.number("SELECT count(*) AS n " + rows)).isEqualTo(LINES);
    assertThat(
            hub.number(
                "SELECT count(DISTINCT CAST(split_part(message, ' ', 2) AS INT)) AS n " + rows))
        .isEqualTo(LINES);
    assertThat(
            hub.number(
                "SELECT count(*) AS n "
                    + rows
                    + " AND (stream <> 'stdout' OR labels['app'] <> 'shop' OR image <> 'localhost/busybox:1' OR partial)"))
        .isZero();
  }

  /// As cri-dockerd makes it: the link comes once the container runs, and what is rotated has none.
  /// Slow enough, as above.
  @Test
  void aPodOfAKubeletAboveDockerIsKnownByItsLink() throws Exception {
    String name = "k8s_app_web-0_shop_uid-1_2";
    Path link =
        Files.createDirectories(directory.resolve("pods/shop_web-0_uid-1/app")).resolve("2.log");
    docker.run(
        name,
        List.of(
            "--log-opt=max-size=1m",
            "--log-opt=max-file=3",
            "--label=io.kubernetes.pod.namespace=shop",
            "--label=io.kubernetes.pod.name=web-0",
            "--label=io.kubernetes.pod.uid=uid-1",
            "--label=io.kubernetes.container.name=app",
            "--label=annotation.io.kubernetes.container.restartCount=2"),
        "i=0; while [ $i -lt %d ]; do echo line $i of some length, so that it rotates; i=$((i+1)); done"
            .formatted(LINES));
    Files.createSymbolicLink(link, docker.log(name));
    docker.await(name);

    String rows = "FROM logs WHERE pod = 'web-0'";
    hub.awaitAtLeast(LINES, "SELECT count(*) AS n " + rows);
    assertThat(
            hub.number(
                "SELECT count(DISTINCT CAST(split_part(message, ' ', 2) AS INT)) AS n "
                    + rows
                    + " AND namespace = 'shop' AND pod_uid = 'uid-1' AND container = 'app' AND restart_count = 2 AND image = 'localhost/busybox:1'"))
        .isEqualTo(LINES);
    assertThat(hub.number("SELECT count(*) AS n " + rows)).isEqualTo(LINES);
    assertThat(
            hub.sql(
                "SELECT * FROM gaps WHERE source IN (SELECT source %s) OR detail LIKE '%%%s%%'"
                    .formatted(rows, docker.log(name))))
        .isEmpty();
  }

  @Test
  void longLinesThatDockerSplitAreOneRecord() throws Exception {
    docker.run(
        "long",
        List.of(),
        "head -c %d /dev/zero | tr '\\0' x; echo; echo short >&2".formatted(LONG_BYTES));
    docker.await("long");

    hub.awaitAtLeast(2, "SELECT count(*) AS n FROM logs WHERE container = 'long'");
    assertThat(
            hub.number(
                "SELECT count(*) AS n FROM logs WHERE container = 'long' AND stream = 'stdout' AND NOT partial AND message = repeat('x', "
                    + LONG_BYTES
                    + ")"))
        .isOne();
    assertThat(
            hub.number(
                "SELECT count(*) AS n FROM logs WHERE container = 'long' AND stream = 'stderr' AND message = 'short'"))
        .isOne();
  }

  @Test
  void aContainerThatIsRemovedInFullFlightIsReadToItsEnd() throws Exception {
    docker.run("doomed", List.of(), "i=0; while true; do echo $i; i=$((i+1)); done");
    hub.awaitAtLeast(1_000, "SELECT count(*) AS n FROM logs WHERE container = 'doomed'");
    docker.remove("doomed");

    while (isOpen("doomed")) {
      Thread.onSpinWait();
    }
    assertThat(
            hub.number(
                "SELECT count(*) - 1 - max(CAST(message AS BIGINT)) AS n FROM logs WHERE container = 'doomed'"))
        .isZero();
    assertThat(hub.sql("SELECT * FROM gaps")).isEmpty();
  }

  @Test
  void theLocalDriverIsReadAndOthersAreNamed() throws Exception {
    docker.run("binary", List.of("--log-driver", "local"), "echo one; echo two >&2");
    docker.run("mute", List.of("--log-driver", "none"), "sleep 600");
    docker.await("binary");

    hub.awaitAtLeast(2, "SELECT count(*) AS n FROM logs WHERE container = 'binary'");
    assertThat(
            hub.number(
                "SELECT count(*) AS n FROM logs WHERE container = 'binary' AND (message, stream) IN (('one', 'stdout'), ('two', 'stderr'))"))
        .isEqualTo(2);
    while (!hub.status()
        .toString()
        .contains("container mute is not read: its log driver is none")) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aLastLineWithoutAnEndIsReadOnceItsContainerHasEnded() throws Exception {
    docker.run("unended", List.of(), "printf 'fatal: no end'");
    docker.await("unended");

    hub.awaitAtLeast(1, "SELECT count(*) AS n FROM logs WHERE container = 'unended'");
    assertThat(
            hub.number(
                "SELECT count(*) AS n FROM logs WHERE container = 'unended' AND message = 'fatal: no end' AND partial"))
        .isOne();
  }

  @ParameterizedTest
  @ValueSource(strings = {"json-file", "local"})
  void aTraceIsOneRecord(String driver) throws Exception {
    String container = "trace-" + driver;
    docker.run(
        container,
        List.of("--log-driver", driver),
        "echo before; printf 'java.lang.Error: boom\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n' >&2; echo after");
    docker.await(container);

    String rows = "FROM logs WHERE container = '" + container + "'";
    hub.awaitAtLeast(3, "SELECT count(*) AS n " + rows);
    assertThat(
            hub.number(
                "SELECT count(*) AS n "
                    + rows
                    + " AND stream = 'stderr' AND message = concat('java.lang.Error: boom', chr(10), chr(9), 'at a.B.c(B.java:1)', chr(10), chr(9), 'at a.B.d(B.java:2)')"))
        .isOne();
    assertThat(hub.number("SELECT count(*) AS n " + rows)).isEqualTo(3);
  }

  @Test
  void withoutASocketItsNotesTellOfAContainer(@TempDir Path other) throws Exception {
    for (String driver : List.of("json-file", "local")) {
      docker.run(
          "noted-" + driver, List.of("--log-driver", driver, "--label", "app=shop"), "echo one");
      docker.await("noted-" + driver);
    }
    String sources =
        "sources: { containers: { paths: %s/pods, docker: %s, sockets: [] } }\n"
            .formatted(directory, docker.logs());
    try (Up alone = Up.start(other, sources)) {
      alone
          .hub()
          .awaitAtLeast(
              2,
              "SELECT count(*) AS n FROM logs WHERE container LIKE 'noted-%' AND message = 'one' "
                  + "AND labels['app'] = 'shop' AND image = 'localhost/busybox:1' "
                  + "AND image_digest LIKE 'sha256:%'");
    }
  }

  /// Whether a stream of the container may still get records.
  private static boolean isOpen(String container) throws Exception {
    for (JsonNode stream : hub.status().path("streams")) {
      if (stream.path("context").path("container").asText().equals(container)
          && !stream.path("ended").asBoolean()) {
        return true;
      }
    }
    return false;
  }
}
