package dev.purser.transport;

import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Counts the requests under way, so that a closing hub can wait for them, and ends those whose
/// body does not arrive: a sender that dies in the middle leaves its request waiting for bytes for
/// ever otherwise. Thread-safe.
final class InFlight implements Filter {
  private final Duration bodyDeadline;
  private final Watchdog watchdog;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition idle = lock.newCondition();
  private int underWay;
  private boolean draining;

  InFlight(Duration bodyDeadline, Watchdog watchdog) {
    this.bodyDeadline = bodyDeadline;
    this.watchdog = watchdog;
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    enter();
    // The interrupt wakes a read of the body, be it in a handler or in the server that drains what
    // no handler wanted.
    Future<?> deadline =
        request.content().hasEntity()
            ? watchdog.guard(bodyDeadline, request.content()::consumed)
            : null;
    try {
      chain.proceed();
    } finally {
      if (deadline != null && request.content().consumed()) {
        deadline.cancel(false);
      }
      leave();
    }
  }

  /// Refuses new requests and waits for those under way.
  ///
  /// @return whether none is left
  boolean drain(Duration atMost) throws InterruptedException {
    long nanos = atMost.toNanos();
    lock.lock();
    try {
      draining = true;
      while (underWay > 0 && nanos > 0) {
        nanos = idle.awaitNanos(nanos);
      }
      return underWay == 0;
    } finally {
      lock.unlock();
    }
  }

  private void enter() {
    lock.lock();
    try {
      if (draining) {
        throw new HttpException("the hub is closing: try again", Status.SERVICE_UNAVAILABLE_503);
      }
      underWay++;
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    lock.lock();
    try {
      if (--underWay == 0) {
        idle.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }
}
