package dev.purser.transport;

import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;

/// A frame as a request's body, handed out in one piece: the JDK's own publishers copy it into many
/// small ones, each of which becomes a frame of HTTP/2.
record FrameBody(ByteBuffer frame) implements Flow.Publisher<ByteBuffer> {
  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    AtomicBoolean ended = new AtomicBoolean();
    subscriber.onSubscribe(
        new Flow.Subscription() {
          @Override
          public void request(long n) {
            if (!ended.getAndSet(true)) {
              subscriber.onNext(frame.duplicate());
              subscriber.onComplete();
            }
          }

          @Override
          public void cancel() {
            ended.set(true);
          }
        });
  }
}
