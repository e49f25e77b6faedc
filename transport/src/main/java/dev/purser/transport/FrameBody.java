package dev.purser.transport;

import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A frame as a request's body, handed out in copied pieces as they are asked for. Once closed it
/// touches the frame no more, so that its owner may fill it again though a request that failed is
/// still being torn down.
final class FrameBody implements Flow.Publisher<ByteBuffer>, AutoCloseable {
  private static final int PIECE_BYTES = 64 << 10;

  private final ByteBuffer frame;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean closed;

  FrameBody(ByteBuffer frame) {
    this.frame = frame.duplicate();
  }

  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    Pieces pieces = new Pieces(subscriber, frame.duplicate());
    subscriber.onSubscribe(pieces);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  /// A copy of the next bytes; null when the frame is no longer ours.
  private @Nullable ByteBuffer next(ByteBuffer rest) {
    lock.lock();
    try {
      if (closed) {
        return null;
      }
      int length = Math.min(PIECE_BYTES, rest.remaining());
      ByteBuffer piece = ByteBuffer.allocate(length);
      piece.put(rest.slice(rest.position(), length)).flip();
      rest.position(rest.position() + length);
      return piece;
    } finally {
      lock.unlock();
    }
  }

  /// One reading of the frame: a request sent again starts over.
  private final class Pieces implements Flow.Subscription {
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
      ByteBuffer piece = next(rest);
      if (piece == null) {
        cancel();
        subscriber.onError(new IllegalStateException("the frame was taken back"));
        return;
      }
      subscriber.onNext(piece);
      if (!rest.hasRemaining()) {
        cancel();
        subscriber.onComplete();
      }
    }
  }
}
