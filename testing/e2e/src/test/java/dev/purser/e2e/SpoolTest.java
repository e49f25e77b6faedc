package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.rig.Asking;
import dev.purser.rig.PurserProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// The hub is away, files are deleted, and then the agent is killed: what was in them is delivered
/// by the next agent.
@Execution(ExecutionMode.CONCURRENT)
class SpoolTest {
  private static final Duration DEADLINE = Duration.ofMinutes(1);
  private static final int LINES = 1000;

  @TempDir Path directory;

  @Test
  void deletedFilesOutliveTheAgentWhileTheHubIsAway() throws Exception {
    Path hubData = directory.resolve("hub");
    Path agentData = directory.resolve("agent");
    Path hubConfig =
        Files.writeString(
            directory.resolve("hub.yaml"),
            "data: %s\nhub: { listen: \"127.0.0.1:0\" }\nlake: { commitEvery: 1s }\n"
                .formatted(hubData));
    WordLogs logs = WordLogs.in(directory.resolve("logs"), LINES);
    Path known = logs.file("known.log");
    logs.write(known, "before");
    PurserProcess hub = hub(hubConfig);
    try (PurserProcess agent = logs.agent(hubData, agentData)) {
      try (Asking asking = new Asking(hubData)) {
        asking.awaitAtLeast(LINES, "SELECT count(*) AS n FROM logs");
      }
      hub.kill();
      logs.write(known, "behind");
      Path rotated = Files.move(known, known.resolveSibling("known.log.1"));
      logs.write(known, "next");
      Path unknown = logs.file("unknown.log");
      logs.write(unknown, "unknown");
      awaitOpen(agent, List.of(rotated, known, unknown));
      Files.delete(rotated);
      Files.delete(unknown);
      awaitSpooled(agentData.resolve("spool/app"), 2);
      agent.kill();
    } finally {
      hub.close();
    }

    try (PurserProcess again = hub(hubConfig);
        PurserProcess agent = logs.agent(hubData, agentData);
        Asking asking = new Asking(hubData)) {
      asking.awaitAtLeast(4 * LINES, "SELECT count(*) AS n FROM logs");
      logs.assertEachOnce(asking, List.of("before", "behind", "next", "unknown"));
      assertThat(asking.number("SELECT count(*) AS n FROM gaps"))
          .as("%s", asking.sql("SELECT * FROM gaps"))
          .isZero();
      awaitSpooled(agentData.resolve("spool/app"), 0);
      assertThat(agent.stop()).isZero();
      assertThat(again.stop()).isZero();
    }
  }

  private PurserProcess hub(Path config) throws Exception {
    return PurserProcess.start("hub", "--config", config.toString()).awaitReady();
  }

  /// What nobody has opened can only be counted when it is gone.
  private static void awaitOpen(PurserProcess agent, List<Path> files) throws Exception {
    await(agent.output(), () -> agent.openFiles().containsAll(files));
  }

  private static void awaitSpooled(Path spool, int files) throws Exception {
    await(
        "files in " + spool,
        () -> {
          try (java.util.stream.Stream<Path> all =
              Files.exists(spool) ? Files.list(spool) : java.util.stream.Stream.of()) {
            return all.filter(file -> file.toString().endsWith(".spool")).count() == files;
          }
        });
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}
