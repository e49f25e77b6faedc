package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.rig.Asking;
import dev.purser.rig.Loopback;
import dev.purser.rig.PurserProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// The disk loses the end of the hub's log, which was acknowledged, while the hub is away and the
/// agent goes on: each line is in `logs` once, or a gap tells of it.
@Execution(ExecutionMode.CONCURRENT)
class LogDamageTest {
  private static final Duration DEADLINE = Duration.ofMinutes(1);
  private static final int LINES = 100;
  private static final int ENTRY_HEADER_BYTES = 28;

  @TempDir Path directory;

  @Test
  void anAgentThatRunsSendsAgainWhatTheHubLost() throws Exception {
    Path hubData = directory.resolve("hub");
    Path config =
        Files.writeString(
            directory.resolve("hub.yaml"),
            "data: %s\nhub: { listen: \"127.0.0.1:%d\" }\n"
                .formatted(hubData, Loopback.unusedPort()));
    WordLogs logs = WordLogs.in(directory.resolve("logs"), LINES);
    logs.write(logs.file("before.log"), "before");
    PurserProcess hub = hub(config);
    try (PurserProcess agent = logs.agent(hubData, directory.resolve("agent"))) {
      long from;
      try (Asking asking = new Asking(hubData)) {
        asking.awaitAtLeast(LINES, "SELECT count(*) AS n FROM logs");
        from = asking.status().path("wal").path("durable").asLong();
        logs.write(logs.file("still.log"), "still");
        logs.write(logs.file("rotated.log"), "rotated");
        logs.write(logs.file("deleted.log"), "deleted");
        Files.move(logs.file("rotated.log"), logs.file("rotated.log.1"));
        Files.move(logs.file("deleted.log"), logs.file("deleted.log.1"));
        asking.awaitAtLeast(4 * LINES, "SELECT count(*) AS n FROM logs");
        // While it has the deleted one open, it would send that again too.
        awaitClosed(
            agent,
            List.of(
                logs.file("rotated.log.1").toRealPath(), logs.file("deleted.log.1").toRealPath()));
      }
      hub.kill();
      damage(hubData.resolve("wal/0000000000000000.wal"), from);
      Files.delete(logs.file("deleted.log.1"));
      hub = hub(config);

      try (Asking asking = new Asking(hubData)) {
        asking.awaitAtLeast(3 * LINES, "SELECT count(*) AS n FROM logs");
        asking.awaitAtLeast(1, "SELECT count(*) AS n FROM gaps WHERE reason = 'deleted_unread'");
        logs.assertEachOnce(asking, List.of("before", "still", "rotated"));
        JsonNode gaps =
            asking.sql("SELECT reason, from_position, to_position FROM gaps ORDER BY reason");
        assertThat(gaps).as("%s", gaps).hasSize(2);
        assertThat(gaps.get(0).path("from_position").asText()).isEmpty();
        assertThat(gaps.get(1).path("from_position").asText()).isEqualTo(Long.toString(from));
      }
      assertThat(agent.stop()).isZero();
      assertThat(hub.stop()).isZero();
    } finally {
      hub.close();
    }
  }

  private static PurserProcess hub(Path config) throws Exception {
    return PurserProcess.start("hub", "--config", config.toString()).awaitReady();
  }

  private static void awaitClosed(PurserProcess process, List<Path> files) throws IOException {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!Collections.disjoint(process.openFiles(), files)) {
      assertThat(System.nanoTime()).as("still open: %s", files).isLessThan(deadline);
    }
  }

  /// Flips a bit in each entry from an offset on.
  private static void damage(Path segment, long from) throws IOException {
    try (FileChannel file =
        FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
      file.read(bytes, 0);
      int entries = 0;
      for (int at = (int) from; at < bytes.capacity(); entries++) {
        int payload = at + ENTRY_HEADER_BYTES;
        file.write(ByteBuffer.wrap(new byte[] {(byte) (bytes.get(payload) ^ 1)}), payload);
        at = payload + bytes.getInt(at + 4);
      }
      assertThat(entries).isPositive();
    }
  }
}
