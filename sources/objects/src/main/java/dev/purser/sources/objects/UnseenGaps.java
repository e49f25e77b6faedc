package dev.purser.sources.objects;

import dev.purser.core.record.Gap;
import dev.purser.core.record.Position;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.Lane;
import dev.purser.core.source.Outbox;
import dev.purser.sources.objects.UnseenContainers.Unseen;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Sends a gap for each container that was never seen: a stream of its own, with nothing else in
/// it.
///
/// One virtual thread runs it.
final class UnseenGaps implements Runnable {
  private static final String KIND = "objects";
  private static final Position OVER = new Position("over");
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final UnseenContainers unseen;
  private final Outbox outbox;

  UnseenGaps(UnseenContainers unseen, Outbox outbox) {
    this.unseen = unseen;
    this.outbox = outbox;
  }

  private record Way(Lane lane, RecordBatch batch) {}

  /// Works until its thread is interrupted.
  @Override
  public void run() {
    try {
      while (true) {
        deliver(unseen.take());
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  /// Returns once the hub has them on disk.
  private void deliver(List<Unseen> containers) throws InterruptedException {
    List<Way> ways = new ArrayList<>();
    try {
      for (Unseen each : containers) {
        RecordBatch batch = batch(each);
        ways.add(new Way(outbox.open(batch.stream(), StreamState.NEW, () -> {}), batch));
      }
      while (!ways.isEmpty()) {
        for (Way way : List.copyOf(ways)) {
          if (way.lane.durable().ended()) {
            way.lane.close();
            ways.remove(way);
          } else if (!way.lane.state().ended()) {
            // Sent back: it is sent again in the next round.
            boolean _ = way.lane.send(way.batch);
          }
        }
        if (!ways.isEmpty()) {
          Thread.sleep(PAUSE);
        }
      }
    } finally {
      ways.forEach(way -> way.lane.close());
    }
  }

  private RecordBatch batch(Unseen unseenContainer) {
    PodRun pod = unseenContainer.pod();
    String container = unseenContainer.container();
    String cluster = pod.id().cluster();
    Stream stream =
        new Stream(
            String.join("/", "unseen", outbox.agentId(), cluster, pod.id().key(), container),
            KIND,
            Map.of(
                Stream.CLUSTER,
                cluster,
                Stream.NODE,
                pod.node(),
                "namespace",
                pod.namespace(),
                "pod",
                pod.name(),
                "pod_uid",
                pod.id().key(),
                "container",
                container));
    String detail =
        "pod %s of namespace %s (%s): its container %s ran and is gone, and no agent saw its log file"
            .formatted(pod.name(), pod.namespace(), pod.id().key(), container);
    Gap gap =
        new Gap(
            Gap.Reason.NEVER_SEEN,
            Position.START,
            OVER,
            null,
            unseenContainer.goneMicros(),
            detail);
    return new RecordBatch(stream, 0, Position.START, OVER, gap, true);
  }
}
