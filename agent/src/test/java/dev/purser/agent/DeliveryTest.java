package dev.purser.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.agent.WaveringHub.Fate;
import dev.purser.core.frame.Frame;
import dev.purser.core.frame.FrameFormatException;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.Lane;
import dev.purser.testkit.Frames;
import dev.purser.testkit.ModelIngest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeliveryTest {
  private static final UUID AGENT = UUID.fromString("00000000-0000-4000-8000-000000000001");
  private static final Duration FOR_EVER = ChronoUnit.FOREVER.getDuration();
  private static final int FRAME_BYTES = 256;
  private static final int STREAMS = 3;
  private static final int LINES = 400;

  @Test
  void deliversEachRecordOnceInOrderHoweverCallsFail() throws Exception {
    long seed = Long.getLong("purser.seed", System.nanoTime());
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    // One in twenty calls fails: each costs a pause.
    WaveringHub hub =
        new WaveringHub(() -> {
          synchronized (random) {
            return switch (random.nextInt(60)) {
              case 0 -> Fate.REQUEST_IS_LOST;
              case 1 -> Fate.ANSWER_IS_LOST;
              case 2 -> Fate.NO_ROOM;
              default -> Fate.GOES_WELL;
            };
          }
        });
    List<Thread> readers = new ArrayList<>();
    try (Delivery delivery = started(hub, FOR_EVER)) {
      for (int i = 0; i < STREAMS; i++) {
        String id = "stream-" + i;
        readers.add(Thread.ofVirtual().start(() -> read(delivery, id)));
      }
      for (Thread reader : readers) {
        reader.join();
      }
    }
    List<String> all = IntStream.range(0, LINES).mapToObj(i -> "line " + i).toList();
    for (int i = 0; i < STREAMS; i++) {
      assertThat(hub.records("stream-" + i)).as("seed %d", seed).isEqualTo(all);
    }
  }

  /// Reads as a source does: on from the lane's state, until all is durable.
  private static void read(Delivery delivery, String id) {
    try (Lane lane = delivery.open(stream(id), StreamState.NEW, () -> {})) {
      while (lane.durable().nextSeq() < LINES) {
        while (lane.state().nextSeq() < LINES) {
          StreamState state = lane.state();
          lane.send(Frames.line(id, state, "line " + state.nextSeq()));
        }
        delivery.flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aFrameThatOvertookTheOneBeforeItIsSentAgain() throws Exception {
    CountDownLatch overtaken = new CountDownLatch(1);
    ModelIngest model = new ModelIngest();
    AtomicBoolean first = new AtomicBoolean(true);
    Ingest disorderly =
        new AnsweringHub(
            model,
            frame -> {
              if (first.getAndSet(false)) {
                overtaken.await();
              }
              Reply reply = model.append(frame);
              overtaken.countDown();
              return reply;
            });
    try (Delivery delivery = started(disorderly, FOR_EVER);
        Lane lane = delivery.open(stream("a"), StreamState.NEW, () -> {})) {
      send(lane, large());
      send(lane, large());
      send(lane, large());
      delivery.flush();
      assertThat(lane.durable().nextSeq()).isEqualTo(3);
      assertThat(model.frames()).isEqualTo(3);
      assertThat(delivery.counters().conflicts.sum()).isZero();
    }
  }

  @Test
  void aConflictOfAFrameThatOvertookOthersDoesNotTellWhereTheHubIs() throws Exception {
    ModelIngest model = new ModelIngest();
    CountDownLatch others = new CountDownLatch(2);
    CountDownLatch overtaken = new CountDownLatch(1);
    Ingest disorderly =
        new AnsweringHub(
            model,
            frame -> {
              if (begins(frame, "a", 1)) {
                others.await();
                Reply reply = model.append(frame);
                overtaken.countDown();
                return reply;
              }
              others.countDown();
              overtaken.await();
              return model.append(frame);
            });
    try (Delivery delivery = started(disorderly, FOR_EVER);
        Lane a = delivery.open(stream("a"), StreamState.NEW, () -> {});
        Lane b = delivery.open(stream("b"), StreamState.NEW, () -> {})) {
      // Another agent of the same identity is quicker: the second frame will not be taken.
      RecordBatch foreign = Frames.line("b", StreamState.NEW, "foreign");
      model.append(Frames.frame(AGENT, foreign));
      a.send(Frames.line("a", a.state(), large()));
      b.send(Frames.line("b", b.state(), large()));
      a.send(Frames.line("a", a.state(), large()));
      // Makes the third go.
      a.send(Frames.line("a", a.state(), large()));
      delivery.flush();
      assertThat(a.durable().nextSeq()).isEqualTo(1);
      assertThat(b.durable()).isEqualTo(foreign.after());
    }
  }

  private static boolean begins(ByteBuffer frame, String stream, long seq) {
    try {
      return Frame.parse(frame.duplicate()).heads().stream()
          .anyMatch(head -> head.stream().id().equals(stream) && head.firstSeq() == seq);
    } catch (FrameFormatException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void packsTheNextFrameAndFillsAnotherWhileOthersAreUnderWay() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    ModelIngest model = new ModelIngest();
    Ingest slow = slow(model, arrived, answer);
    try (Delivery delivery = started(slow, FOR_EVER);
        Lane lane = delivery.open(stream("a"), StreamState.NEW, () -> {})) {
      send(lane, large());
      arrived.await();
      // Each of these fills a frame; they would wait for ever if there were no room for all.
      for (int i = 0; i < 4; i++) {
        send(lane, large());
      }
      assertThat(lane.durable()).isEqualTo(StreamState.NEW);
      answer.countDown();
      delivery.flush();
      assertThat(model.frames()).isEqualTo(5);
      assertThat(lane.durable().nextSeq()).isEqualTo(5);
    }
  }

  @Test
  void aConflictSendsBackWhatIsPackedAndWhatFills() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    ModelIngest model = new ModelIngest();
    CountDownLatch woken = new CountDownLatch(1);
    try (Delivery delivery = started(slow(model, arrived, answer), FOR_EVER);
        Lane lane = delivery.open(stream("a"), StreamState.NEW, woken::countDown)) {
      send(lane, large());
      arrived.await();
      send(lane, large());
      send(lane, large());
      // Another agent of the same identity is quicker.
      RecordBatch foreign = Frames.line("a", StreamState.NEW, "foreign");
      model.append(Frames.frame(AGENT, foreign));
      answer.countDown();
      delivery.flush();
      woken.await();
      assertThat(lane.state()).isEqualTo(foreign.after());
      assertThat(lane.durable()).isEqualTo(foreign.after());
      assertThat(lane.send(Frames.line("a", foreign.after(), "mine"))).isTrue();
      delivery.flush();
      assertThat(lane.durable().nextSeq()).isEqualTo(2);
      assertThat(model.frames()).isEqualTo(2);
    }
  }

  @Test
  void aHubThatStartedAnewWithLessIsSentTheRestAgain() throws Exception {
    ModelIngest hub = new ModelIngest();
    CountDownLatch woken = new CountDownLatch(1);
    try (Delivery delivery = started(hub, FOR_EVER);
        Lane lost = delivery.open(stream("a"), StreamState.NEW, woken::countDown);
        Lane kept = delivery.open(stream("b"), StreamState.NEW, () -> {})) {
      send(lost, "one");
      RecordBatch whole = Frames.line("b", StreamState.NEW, "whole");
      kept.send(whole);
      delivery.flush();
      StreamState one = lost.durable();
      send(lost, "two");
      delivery.flush();
      delivery.met(hub.report(AGENT.toString(), new byte[0]));
      assertThat(delivery.known()).containsEntry("a", lost.durable());
      assertThat(woken.getCount()).isOne();

      hub.restart(Map.of("a", one, "b", whole.after()));
      delivery.met(hub.report(AGENT.toString(), new byte[0]));
      woken.await();
      assertThat(lost.state()).isEqualTo(one);
      assertThat(lost.durable()).isEqualTo(one);
      assertThat(kept.durable()).isEqualTo(whole.after());
      assertThat(delivery.known()).containsEntry("a", one);
      send(lost, "two");
      delivery.flush();
      assertThat(lost.durable().nextSeq()).isEqualTo(2);

      hub.restart(Map.of("b", whole.after()));
      delivery.met(hub.report(AGENT.toString(), new byte[0]));
      assertThat(lost.state()).isEqualTo(StreamState.NEW);
    }
  }

  @Test
  void theEndOfAStreamThatAHubForgotIsNotTakenForLost() throws Exception {
    ModelIngest hub = new ModelIngest();
    try (Delivery delivery = started(hub, FOR_EVER);
        Lane lane = delivery.open(stream("a"), StreamState.NEW, () -> {})) {
      lane.send(Frames.line("a", StreamState.NEW, "one", true));
      delivery.flush();
      hub.restart(Map.of());
      delivery.met(hub.report(AGENT.toString(), new byte[0]));
      assertThat(lane.durable().ended()).isTrue();
    }
  }

  @Test
  void patienceEndsBeforeTheStart() {
    WaveringHub gone = new WaveringHub(() -> Fate.REQUEST_IS_LOST);
    try (Delivery delivery =
        new Delivery(gone, AGENT, FRAME_BYTES, Duration.ZERO, InstantSource.system())) {
      assertThatThrownBy(delivery::start)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("lost");
    }
  }

  @Test
  void patienceEndsUnderWayForWhoeverWaits() throws Exception {
    AtomicBoolean gone = new AtomicBoolean();
    WaveringHub hub = new WaveringHub(() -> gone.get() ? Fate.REQUEST_IS_LOST : Fate.GOES_WELL);
    try (Delivery delivery = started(hub, Duration.ZERO);
        Lane lane = delivery.open(stream("a"), StreamState.NEW, () -> {})) {
      send(lane, "one");
      delivery.flush();
      gone.set(true);
      send(lane, "two");
      assertThatThrownBy(delivery::flush).isInstanceOf(InterruptedException.class);
      assertThat(delivery.failure()).get().asString().contains("lost");
      assertThatThrownBy(() -> send(lane, "three")).isInstanceOf(InterruptedException.class);
      assertThat(hub.records("a")).containsExactly("one");
    }
  }

  @Test
  void patienceEndsWhenFramesFailThoughTheHubTellsItsPositions() throws Exception {
    ModelIngest model = new ModelIngest();
    Ingest broken =
        new AnsweringHub(
            model,
            frame -> {
              throw new IOException("500");
            });
    try (Delivery delivery = started(broken, Duration.ZERO);
        Lane lane = delivery.open(stream("a"), StreamState.NEW, () -> {})) {
      send(lane, "one");
      assertThatThrownBy(delivery::flush).isInstanceOf(InterruptedException.class);
      assertThat(delivery.failure()).get().asString().contains("500");
    }
  }

  @Test
  void patienceEndsWhenTheHubRejects() throws Exception {
    Ingest other = new AnsweringHub(new ModelIngest(), frame -> new Reply.Rejected("version 7"));
    try (Delivery delivery = started(other, Duration.ZERO);
        Lane lane = delivery.open(stream("a"), StreamState.NEW, () -> {})) {
      send(lane, "one");
      while (delivery.failure().isEmpty()) {
        Thread.onSpinWait();
      }
      assertThat(delivery.failure()).get().asString().contains("version 7");
    }
  }

  @Test
  void aHubWithoutRoomIsWaitedFor() throws Exception {
    AtomicBoolean full = new AtomicBoolean(true);
    WaveringHub hub = new WaveringHub(() -> full.getAndSet(false) ? Fate.NO_ROOM : Fate.GOES_WELL);
    try (Delivery delivery = started(hub, FOR_EVER);
        Lane lane = delivery.open(stream("a"), StreamState.NEW, () -> {})) {
      full.set(true);
      send(lane, "one");
      delivery.flush();
      assertThat(hub.records("a")).containsExactly("one");
      assertThat(delivery.counters().busy.sum()).isEqualTo(1);
      assertThat(delivery.trouble()).isNull();
    }
  }

  @Test
  void closesWhileTheHubIsSilent() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    Ingest silent = slow(new ModelIngest(), arrived, new CountDownLatch(1));
    Delivery delivery = started(silent, FOR_EVER);
    try (Lane lane = delivery.open(stream("a"), StreamState.NEW, () -> {})) {
      send(lane, "one");
      arrived.await();
    }
    delivery.close();
    assertThatThrownBy(() ->
            delivery
                .open(stream("b"), StreamState.NEW, () -> {})
                .send(Frames.line("b", StreamState.NEW, "late")))
        .isInstanceOf(InterruptedException.class);
  }

  private static Delivery started(Ingest hub, Duration patience) throws Exception {
    Delivery delivery = new Delivery(hub, AGENT, FRAME_BYTES, patience, InstantSource.system());
    delivery.start();
    return delivery;
  }

  private static void send(Lane lane, String text) throws InterruptedException {
    assertThat(lane.send(Frames.line("a", lane.state(), text))).isTrue();
  }

  private static String large() {
    return "x".repeat(FRAME_BYTES);
  }

  private static Stream stream(String id) {
    return new Stream(id, "line", Map.of());
  }

  /// A hub whose answers wait for the test.
  private static Ingest slow(ModelIngest hub, CountDownLatch arrived, CountDownLatch answer) {
    return new AnsweringHub(
        hub,
        frame -> {
          arrived.countDown();
          if (!answer.await(1, TimeUnit.MINUTES)) {
            throw new IllegalStateException("nobody lets the hub answer");
          }
          return hub.append(frame);
        });
  }

  /// A hub that tells its positions, and answers a frame as the test wants it.
  private record AnsweringHub(ModelIngest hub, Answer answer) implements Ingest {
    interface Answer {
      Reply to(ByteBuffer frame) throws IOException, InterruptedException;
    }

    @Override
    public Map<String, StreamState> streams(String agentId) {
      return hub.streams(agentId);
    }

    @Override
    public Reply append(ByteBuffer frame) throws IOException, InterruptedException {
      return answer.to(frame);
    }

    @Override
    public UUID report(String agentId, byte[] statusJson) {
      return hub.report(agentId, statusJson);
    }

    @Override
    public void close() {}
  }
}
