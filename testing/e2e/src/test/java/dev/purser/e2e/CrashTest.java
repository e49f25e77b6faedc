package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.rig.Asking;
import dev.purser.rig.PurserProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// SIGKILL while bytes are under way, many times: each line is in `logs` exactly once, in order,
/// without a gap.
@Execution(ExecutionMode.CONCURRENT)
class CrashTest {
  private static final int KILLS = 20;
  private static final int ATTEMPTS = 10;
  private static final int FILES = 5;
  private static final int LINES_PER_ROUND = 4_000;

  @TempDir Path directory;

  private final long seed = Long.getLong("purser.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<RotatingWriter> writers = new ArrayList<>();

  @Test
  void oneProcessKilledLosesAndRepeatsNothing() throws Exception {
    System.out.println("seed " + seed);
    Path config = config("up.yaml", directory.resolve("data"), "");
    startWriters();
    int inFlight = 0;
    for (int round = 0; inFlight < KILLS && round < 4 * KILLS; round++) {
      try (PurserProcess purser = PurserProcess.start("up", "--config", config.toString())) {
        purser.awaitReady();
        try {
          if (writeAndCheckInFlight(directory.resolve("data"))) {
            inFlight++;
          }
        } catch (IOException e) {
          throw new AssertionError(purser.output(), e);
        }
        purser.kill();
      }
    }
    assertThat(inFlight).isGreaterThanOrEqualTo(KILLS);
    try (PurserProcess purser = PurserProcess.start("up", "--config", config.toString())) {
      purser.awaitReady();
      checkAll(directory.resolve("data"));
      assertThat(purser.stop()).isZero();
    }
  }

  @Test
  void agentAndHubKilledInTurnAndTheAgentsDataLostLoseAndRepeatNothing() throws Exception {
    System.out.println("seed " + seed);
    Path hubData = directory.resolve("hub-data");
    Path agentData = directory.resolve("agent-data");
    Path hubConfig = directory.resolve("hub.yaml");
    Files.writeString(
        hubConfig,
        "data: " + hubData + "\nhub: { listen: \"127.0.0.1:0\" }\nlake: { commitEvery: 1s }\n");
    startWriters();
    int inFlight = 0;
    PurserProcess hub = PurserProcess.start("hub", "--config", hubConfig.toString()).awaitReady();
    try {
      for (int round = 0; inFlight < KILLS && round < 4 * KILLS; round++) {
        Path agentConfig = agentConfig(hubData, agentData);
        try (PurserProcess agent =
            PurserProcess.start("agent", "--config", agentConfig.toString())) {
          agent.awaitReady();
          if (writeAndCheckInFlight(hubData)) {
            inFlight++;
          }
          if (random.nextBoolean()) {
            agent.kill();
            if (random.nextInt(3) == 0) {
              deleteTree(agentData);
            }
          } else {
            hub.kill();
            hub = PurserProcess.start("hub", "--config", hubConfig.toString()).awaitReady();
          }
        }
      }
      assertThat(inFlight).isGreaterThanOrEqualTo(KILLS);
      Path agentConfig = agentConfig(hubData, agentData);
      try (PurserProcess agent = PurserProcess.start("agent", "--config", agentConfig.toString())) {
        agent.awaitReady();
        checkAll(hubData);
        assertThat(agent.stop()).isZero();
      }
      assertThat(hub.stop()).isZero();
    } finally {
      hub.close();
    }
  }

  private void startWriters() throws IOException {
    Files.createDirectories(directory.resolve("logs"));
    for (int i = 0; i < FILES; i++) {
      writers.add(new RotatingWriter(directory.resolve("logs/app" + i + ".log"), seed + i));
    }
  }

  /// Lets the writers write until, while they do, bytes are written that the hub does not have. A
  /// quick machine may have delivered all by the time it is asked: then they write on.
  ///
  /// @return whether that moment came
  private boolean writeAndCheckInFlight(Path data) throws Exception {
    try (Asking hub = new Asking(data)) {
      hub.status();
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        long before = totalLines();
        long enough = before + 1 + random.nextInt(FILES * LINES_PER_ROUND / 2);
        for (RotatingWriter writer : writers) {
          writer.grant(LINES_PER_ROUND);
        }
        while (totalLines() < enough) {
          Thread.onSpinWait();
        }
        long written = 0;
        for (RotatingWriter writer : writers) {
          written += writer.bytes();
        }
        if (delivered(hub.status()) < written) {
          return true;
        }
      }
      return false;
    }
  }

  private static long delivered(JsonNode status) {
    long bytes = 0;
    for (JsonNode stream : status.path("streams")) {
      String position = stream.path("position").asText();
      // A file's position is its offset, with a word behind it once the file is finished.
      bytes += position.equals("start") ? 0 : Long.parseLong(position.split(" ", 2)[0]);
    }
    return bytes;
  }

  private void checkAll(Path data) throws Exception {
    try (Asking hub = new Asking(data)) {
      long total = 0;
      for (RotatingWriter writer : writers) {
        writer.finish();
        total += writer.lines();
      }
      hub.awaitAtLeast(total, "SELECT count(*) AS n FROM logs");
      assertThat(hub.number("SELECT count(*) AS n FROM logs")).isEqualTo(total);
      for (int i = 0; i < FILES; i++) {
        String name = "app" + i + ".log";
        assertThat(
                hub.number(
                    "SELECT count(DISTINCT split_part(message, ' ', 2)) AS n FROM logs WHERE message LIKE '"
                        + name
                        + " %'"))
            .isEqualTo(writers.get(i).lines());
      }
      assertThat(hub.number("SELECT count(*) AS n FROM gaps"))
          .as("gaps: %s", hub.sql("SELECT * FROM gaps"))
          .isZero();
      assertThat(
              hub.number(
                  "SELECT count(*) AS n FROM (SELECT source, count(*) c, max(seq) m, min(seq) l FROM logs"
                      + " GROUP BY source) WHERE c <> m + 1 OR l <> 0"))
          .as("streams with holes in seq")
          .isZero();
      assertThat(
              hub.number(
                  "SELECT count(*) AS n FROM (SELECT CAST(split_part(message, ' ', 2) AS BIGINT) v,"
                      + " lag(CAST(split_part(message, ' ', 2) AS BIGINT)) OVER (PARTITION BY source ORDER BY seq) p"
                      + " FROM logs) WHERE p IS NOT NULL AND v <> p + 1"))
          .as("lines out of order in their file")
          .isZero();
    }
  }

  private long totalLines() throws IOException {
    long total = 0;
    for (RotatingWriter writer : writers) {
      total += writer.lines();
    }
    return total;
  }

  private Path agentConfig(Path hubData, Path agentData) throws IOException {
    return config("agent.yaml", agentData, "hub: " + Asking.hubOfAgents(hubData) + "\n");
  }

  private Path config(String name, Path data, String more) throws IOException {
    Path file = directory.resolve(name);
    Files.writeString(
        file,
        """
        data: %s
        sources:
          files: [ { name: app, paths: ["%s/logs/app*.log"] } ]
        lake: { commitEvery: 1s }
        %s\
        """
            .formatted(
                data, directory, more.isEmpty() ? "hub: { listen: \"127.0.0.1:0\" }\n" : more));
    return file;
  }

  private static void deleteTree(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    try (java.util.stream.Stream<Path> files = Files.walk(tree)) {
      for (Path path : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
