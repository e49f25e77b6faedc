package dev.purser.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.StreamState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// What holds for every [Ingest], in one process or over the network. Each test begins with an
/// empty hub.
public abstract class IngestContract {
  private static final UUID AGENT = UUID.fromString("00000000-0000-4000-8000-000000000001");
  private static final UUID OTHER = UUID.fromString("00000000-0000-4000-8000-000000000002");
  private static final int MANY = 10_000;
  private static final int AGENTS = 8;
  private static final int FRAMES_EACH = 40;

  /// The same empty hub each time within a test.
  protected abstract Ingest ingest() throws Exception;

  /// From now on the hub has no room for a frame.
  protected abstract void fill() throws Exception;

  @Test
  protected void takesAFrameThatBeginsWhereItsStreamIs() throws Exception {
    RecordBatch first = Frames.line("a", StreamState.NEW, "one");
    RecordBatch second = Frames.line("a", first.after(), "two");
    assertThat(ingest().append(Frames.frame(AGENT, first))).isInstanceOf(Reply.Accepted.class);
    assertThat(ingest().append(Frames.frame(AGENT, second))).isInstanceOf(Reply.Accepted.class);
    assertThat(ingest().streams(AGENT.toString())).isEqualTo(Map.of("a", second.after()));
  }

  @Test
  protected void durableOffsetsRise() throws Exception {
    RecordBatch first = Frames.line("a", StreamState.NEW, "one");
    RecordBatch second = Frames.line("a", first.after(), "two");
    Reply.Accepted one = (Reply.Accepted) ingest().append(Frames.frame(AGENT, first));
    Reply.Accepted two = (Reply.Accepted) ingest().append(Frames.frame(AGENT, second));
    assertThat(two.durable()).isGreaterThan(one.durable());
    assertThat(two.committed()).isBetween(0L, two.durable());
  }

  @Test
  protected void takesConsecutiveBatchesOfAStreamInOneFrame() throws Exception {
    RecordBatch first = Frames.line("a", StreamState.NEW, "one");
    RecordBatch last = Frames.line("a", first.after(), "two", true);
    assertThat(ingest().append(Frames.frame(AGENT, first, last)))
        .isInstanceOf(Reply.Accepted.class);
    assertThat(ingest().append(Frames.frame(AGENT, Frames.line("a", last.after(), "three"))))
        .isEqualTo(new Reply.Conflict(Map.of("a", last.after())));
  }

  @Test
  protected void refusesARepeatedFrameWithTheHeldPosition() throws Exception {
    RecordBatch batch = Frames.line("a", StreamState.NEW, "one");
    ingest().append(Frames.frame(AGENT, batch));
    assertThat(ingest().append(Frames.frame(AGENT, batch)))
        .isEqualTo(new Reply.Conflict(Map.of("a", batch.after())));
  }

  @Test
  protected void takesNothingOfAFrameThatConflicts() throws Exception {
    RecordBatch good = Frames.line("a", StreamState.NEW, "one");
    RecordBatch early = Frames.line("b", new StreamState(good.to(), 1, false), "two");
    assertThat(ingest().append(Frames.frame(AGENT, good, early)))
        .isEqualTo(new Reply.Conflict(Map.of("a", StreamState.NEW, "b", StreamState.NEW)));
    assertThat(ingest().streams(AGENT.toString())).isEmpty();
  }

  @Test
  protected void rejectsBytesThatAreNoFrame() throws Exception {
    Reply reply = ingest().append(ByteBuffer.wrap(new byte[100]));
    assertThat(reply).isInstanceOf(Reply.Rejected.class);
    assertThat(((Reply.Rejected) reply).reason()).isNotBlank();
  }

  @Test
  protected void rejectsADamagedFrameAndTakesItWhenItIsWhole() throws Exception {
    RecordBatch batch = Frames.line("a", StreamState.NEW, "one");
    ByteBuffer frame = Frames.frame(AGENT, batch);
    int last = frame.limit() - 1;
    frame.put(last, (byte) (frame.get(last) ^ 1));
    assertThat(ingest().append(frame)).isInstanceOf(Reply.Rejected.class);
    frame.put(last, (byte) (frame.get(last) ^ 1));
    assertThat(ingest().append(frame)).isInstanceOf(Reply.Accepted.class);
  }

  @Test
  protected void leavesTheFrameAsItWas() throws Exception {
    ByteBuffer frame = Frames.frame(AGENT, Frames.line("a", StreamState.NEW, "one"));
    ByteBuffer padded = ByteBuffer.allocateDirect(frame.remaining() + 20);
    padded.position(10).put(frame.duplicate()).flip().position(10);
    assertThat(ingest().append(padded)).isInstanceOf(Reply.Accepted.class);
    assertThat(padded.position()).isEqualTo(10);
    assertThat(padded).isEqualTo(frame);
  }

  @Test
  protected void isBusyWhenItHasNoRoom() throws Exception {
    fill();
    RecordBatch batch = Frames.line("late", StreamState.NEW, "one");
    assertThat(ingest().append(Frames.frame(OTHER, batch))).isInstanceOf(Reply.Busy.class);
    assertThat(ingest().streams(OTHER.toString())).isEmpty();
  }

  @Test
  protected void knowsNoStreamsOfAnUnknownAgent() throws Exception {
    ingest().append(Frames.frame(AGENT, Frames.line("a", StreamState.NEW, "one")));
    assertThat(ingest().streams(OTHER.toString())).isEmpty();
  }

  @Test
  protected void keepsTenThousandStreams() throws Exception {
    List<RecordBatch> batches = new ArrayList<>();
    Map<String, StreamState> expected = new java.util.HashMap<>();
    for (int i = 0; i < MANY; i++) {
      RecordBatch batch = Frames.line("file/ä/" + i, StreamState.NEW, "line " + i);
      batches.add(batch);
      expected.put(batch.stream().id(), batch.after());
    }
    ByteBuffer frame = Frames.frame(AGENT, batches);
    assertThat(ingest().append(frame)).isInstanceOf(Reply.Accepted.class);
    assertThat(ingest().streams(AGENT.toString())).isEqualTo(expected);
    assertThat(ingest().append(frame)).isEqualTo(new Reply.Conflict(expected));
  }

  @Test
  protected void servesAgentsAtTheSameTime() throws Exception {
    Ingest ingest = ingest();
    List<Callable<StreamState>> agents = new ArrayList<>();
    for (int i = 0; i < AGENTS; i++) {
      UUID agent = new UUID(7, i);
      agents.add(() -> deliver(ingest, agent));
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<StreamState>> ends = threads.invokeAll(agents);
      for (int i = 0; i < AGENTS; i++) {
        UUID agent = new UUID(7, i);
        assertThat(ingest.streams(agent.toString()))
            .isEqualTo(Map.of("of " + agent, ends.get(i).get()));
      }
    }
  }

  @Test
  protected void takesOneOfTheFramesThatCompeteForAPosition() throws Exception {
    Ingest ingest = ingest();
    ByteBuffer frame = Frames.frame(AGENT, Frames.line("a", StreamState.NEW, "one"));
    List<Callable<Reply>> rivals = new ArrayList<>();
    for (int i = 0; i < AGENTS; i++) {
      rivals.add(() -> ingest.append(frame.duplicate()));
    }
    int accepted = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Reply> reply : threads.invokeAll(rivals)) {
        if (reply.get() instanceof Reply.Accepted) {
          accepted++;
        }
      }
    }
    assertThat(accepted).isEqualTo(1);
  }

  @Test
  protected void tellsWhoeverReportsWhichStartItIs() throws Exception {
    UUID start = ingest().report(AGENT.toString(), new byte[] {'{', '}'});
    assertThat(ingest().report(OTHER.toString(), new byte[] {'{', '}'})).isEqualTo(start);
  }

  private static StreamState deliver(Ingest ingest, UUID agent) throws Exception {
    StreamState held = StreamState.NEW;
    for (int i = 0; i < FRAMES_EACH; i++) {
      RecordBatch batch = Frames.line("of " + agent, held, "line " + i);
      assertThat(ingest.append(Frames.frame(agent, batch))).isInstanceOf(Reply.Accepted.class);
      held = batch.after();
    }
    return held;
  }
}
