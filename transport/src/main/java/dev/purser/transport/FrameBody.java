package dev.purser.transport;

import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.ReentrantLock;

/// A frame as a request's body, handed out in pieces as they are asked for: larger ones than the
/// JDK's own publishers make, as each becomes a frame of HTTP/2.
record FrameBody(ByteBuffer frame) implements Flow.Publisher<ByteBuffer> {
  private static final int PIECE_BYTES = 64 << 10;

  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    subscriber.onSubscribe(new Pieces(subscriber, frame.duplicate()));
  }

  /// One reading of the frame: a request sent again starts over.
  private static final class Pieces implements Flow.Subscription {
    private final Flow.Subscriber<? super ByteBuffer> subscriber;
    private final ByteBuffer rest;
    private final ReentrantLock state = new ReentrantLock();
    private long wanted;
    private boolean handingOut;
    private boolean ended;

    Pieces(Flow.Subscriber<? super ByteBuffer> subscriber, ByteBuffer rest) {
      this.subscriber = subscriber;
      this.rest = rest;
    }

    @Override
    public void request(long n) {
      state.lock();
      try {
        wanted = wanted + n < 0 ? Long.MAX_VALUE : wanted + n;
        if (handingOut) {
          return;
        }
        handingOut = true;
      } finally {
        state.unlock();
      }
      while (take()) {
        hand();
      }
    }

    @Override
    public void cancel() {
      state.lock();
      try {
        ended = true;
      } finally {
        state.unlock();
      }
    }

    private boolean take() {
      state.lock();
      try {
        if (ended || wanted == 0) {
          handingOut = false;
          return false;
        }
        wanted--;
        return true;
      } finally {
        state.unlock();
      }
    }

    private void hand() {
      int length = Math.min(PIECE_BYTES, rest.remaining());
      ByteBuffer piece = rest.slice(rest.position(), length);
      rest.position(rest.position() + length);
      subscriber.onNext(piece);
      if (!rest.hasRemaining()) {
        cancel();
        subscriber.onComplete();
      }
    }
  }
}
