package dev.purser.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.Disk;
import dev.purser.core.frame.Clocks;
import dev.purser.core.frame.Frame;
import dev.purser.core.frame.FrameWriter;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.Position;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.wal.LogItem;
import dev.purser.core.wal.SegmentLog;
import dev.purser.testkit.CrashError;
import dev.purser.testkit.PowerLossDisk;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The power goes at any step of the log, many times: what was acknowledged is there, and with the
/// agent sending again from the hub's positions each record is there once, in order.
class IngestionPowerLossTest {
  private static final UUID AGENT = new UUID(5, 5);
  private static final int STREAMS = 3;
  private static final int ROUNDS = 150;
  private static final SegmentLog.Limits LIMITS = new SegmentLog.Limits(2_000, 10_000_000);

  @TempDir Path directory;

  private final long seed = Long.getLong("purser.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Map<String, Long> acknowledged = new HashMap<>();

  @Test
  void losesNothingThatWasAcknowledgedAndRepeatsNothing() throws Exception {
    System.out.println("seed " + seed);
    Path root = Files.createDirectory(directory.resolve("hub"));
    for (int round = 0; round < ROUNDS; round++) {
      AtomicInteger stepsLeft = new AtomicInteger(random.nextInt(40));
      CompletableFuture<Void> crashed = new CompletableFuture<>();
      PowerLossDisk disk =
          new PowerLossDisk(
              root,
              path -> false,
              step -> {
                if (stepsLeft.getAndDecrement() == 0) {
                  crashed.complete(null);
                  throw new CrashError(step);
                }
              });
      runUntil(disk, root, crashed);
      if (random.nextBoolean()) {
        disk.powerLoss(random);
      } else {
        disk.powerLoss();
      }
      check(root);
    }
    assertThat(acknowledged.values()).allMatch(count -> count > ROUNDS);
  }

  /// Sends until the crash.
  private void runUntil(Disk disk, Path root, CompletableFuture<Void> crashed) throws Exception {
    SegmentLog log;
    try {
      log = SegmentLog.open(disk, root.resolve("wal"), LIMITS, 0);
    } catch (CrashError e) {
      return;
    }
    Ingestion ingestion =
        Ingestion.open(log, InstantSource.system(), () -> 0, failure -> crashed.complete(null));
    Map<String, StreamState> client = new HashMap<>(ingestion.streams(AGENT.toString()));
    while (!crashed.isDone()) {
      FrameWriter writer = new FrameWriter(1 << 12);
      Map<String, StreamState> after = fill(writer, client);
      ByteBuffer frame = writer.finish(AGENT, new Clocks(0, 0));
      Optional<Reply> reply = append(ingestion, frame, crashed);
      if (reply.isPresent()) {
        assertThat(reply.get()).isInstanceOf(Reply.Accepted.class);
        client.putAll(after);
        after.forEach((id, state) -> acknowledged.put(id, state.nextSeq()));
      }
    }
    log.close();
    ingestion.close();
  }

  private Map<String, StreamState> fill(FrameWriter writer, Map<String, StreamState> client) {
    Map<String, StreamState> after = new HashMap<>();
    for (int i = 0; i < STREAMS; i++) {
      if (i > 0 && random.nextBoolean()) {
        continue;
      }
      String id = "s" + i;
      StreamState state = client.getOrDefault(id, StreamState.NEW);
      int count = 1 + random.nextInt(4);
      StringBuilder text = new StringBuilder();
      int[] ends = new int[count];
      for (int k = 0; k < count; k++) {
        text.append(state.nextSeq() + k).append("x".repeat(random.nextInt(50))).append('\n');
        ends[k] = text.length();
      }
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      RecordBatch batch =
          new RecordBatch(
              new Stream(id, "line", Map.of()),
              state.nextSeq(),
              state.position(),
              Position.ofOffset(state.position().offset() + bytes.length),
              new Records(1, MemorySegment.ofArray(bytes), ends, count),
              false);
      writer.add(batch);
      after.put(id, batch.after());
    }
    return after;
  }

  private static Optional<Reply> append(
      Ingestion ingestion, ByteBuffer frame, CompletableFuture<Void> crashed) throws Exception {
    CompletableFuture<@Nullable Reply> answer = new CompletableFuture<>();
    Thread sender =
        Thread.ofVirtual()
            .start(() -> {
              try {
                answer.complete(ingestion.append(frame));
              } catch (IOException | InterruptedException | CrashError e) {
                answer.completeExceptionally(e);
              }
            });
    CompletableFuture.anyOf(answer.handle((reply, e) -> null), crashed).join();
    if (!answer.isDone()) {
      sender.interrupt();
      sender.join();
    }
    try {
      return Optional.ofNullable(answer.get());
    } catch (ExecutionException e) {
      return Optional.empty();
    }
  }

  private void check(Path root) throws Exception {
    SegmentLog log =
        SegmentLog.open(new dev.purser.core.disk.LocalDisk(), root.resolve("wal"), LIMITS, 0);
    Ingestion ingestion = Ingestion.open(log, InstantSource.system(), () -> 0, failure -> {});
    Map<String, List<String>> found = new HashMap<>();
    long at = log.start();
    for (Optional<LogItem> item = log.read(at); item.isPresent(); item = log.read(at)) {
      assertThat(item.get()).isInstanceOf(LogItem.Entry.class);
      LogItem.Entry entry = (LogItem.Entry) item.get();
      for (RecordBatch batch : Frame.parse(entry.payload()).batches()) {
        Records records = (Records) batch.payload();
        byte[] bytes = records.data().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        new String(bytes, StandardCharsets.UTF_8)
            .lines()
            .forEach(line ->
                found
                    .computeIfAbsent(batch.stream().id(), id -> new ArrayList<>())
                    .add(line.replace("x", "")));
      }
      at = entry.next();
    }
    Map<String, StreamState> states = ingestion.streams(AGENT.toString());
    found.forEach((id, lines) -> {
      for (int i = 0; i < lines.size(); i++) {
        assertThat(lines.get(i)).isEqualTo(Integer.toString(i));
      }
      assertThat(Objects.requireNonNull(states.get(id)).nextSeq()).isEqualTo(lines.size());
    });
    acknowledged.forEach((id, count) ->
        assertThat((long) found.getOrDefault(id, List.of()).size()).isGreaterThanOrEqualTo(count));
    log.close();
    ingestion.close();
  }
}
