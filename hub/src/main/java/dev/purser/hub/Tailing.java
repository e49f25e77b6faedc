package dev.purser.hub;

import dev.purser.hub.TailRequest.Begin;
import dev.purser.lake.Cursor;
import dev.purser.lake.QueryException;
import dev.purser.lake.QueryLimits;
import dev.purser.lake.ResultColumn;
import dev.purser.lake.ResultSink;
import dev.purser.lake.Selection;
import dev.purser.lake.Tails;
import dev.purser.transport.QueryRejected;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Answers those who follow a table: a page of rows as soon as there are some, or an empty one
/// after some seconds. Keeps nothing of its readers between two of their requests. Thread-safe.
///
/// A page is bounded and made whole before it is sent, so that a slow reader holds neither a
/// transaction nor more memory than a page; few threads ask for all of them.
final class Tailing implements AutoCloseable {
  private static final int MAX_TAILS = 64;
  private static final int THREADS = 2;
  private static final int PAGE_ROWS = 5_000;
  private static final int PAGE_BYTES = 1 << 20;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  /// After the first row others are let come, so that a busy table is not asked for each frame.
  private static final long GATHER_MILLIS = 100;

  private static final QueryLimits LIMITS = new QueryLimits(PAGE_ROWS, Duration.ofSeconds(30));

  private final Tails tails;
  private final Semaphore places = new Semaphore(MAX_TAILS);
  private final CountDownLatch closed = new CountDownLatch(1);

  /// DuckDB blocks in native code, where a virtual thread would hold up others.
  private final ExecutorService askers =
      Executors.newFixedThreadPool(
          THREADS, Thread.ofPlatform().daemon().name("hub-tail-", 0).factory());

  Tailing(Tails tails) {
    this.tails = tails;
  }

  /// @throws QueryRejected when the request is at fault, or there are too many
  void answer(String request, OutputStream jsonOut)
      throws QueryRejected, IOException, InterruptedException {
    TailRequest asked = TailRequest.parse(request);
    if (!places.tryAcquire()) {
      throw new QueryRejected("the hub serves " + MAX_TAILS + " tails already: end one of them");
    }
    Page page;
    try {
      page = page(asked);
    } finally {
      places.release();
    }
    page.writeTo(jsonOut);
  }

  /// Ends all waiting, with empty pages.
  @Override
  public void close() {
    closed.countDown();
    tails.endWaits();
    askers.shutdown();
  }

  private Page page(TailRequest asked) throws QueryRejected, IOException, InterruptedException {
    Selection selection = asked.selection();
    return switch (asked.begin()) {
      case Begin.After after -> await(selection, after.cursor());
      case Begin.Last last ->
          ask(() -> read(selection, tails.last(selection, last.rows(), LIMITS)));
      case Begin.Since since -> ask(() -> read(selection, tails.since(since.ago())));
      case Begin.Now _ -> ask(() -> read(selection, tails.now()));
    };
  }

  private Page await(Selection selection, Cursor after)
      throws QueryRejected, IOException, InterruptedException {
    long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
    Cursor from = after;
    boolean gathers = !tails.awaitBeyond(from, Duration.ZERO);
    for (long left = LONGEST_WAIT.toNanos();
        left > 0 && tails.awaitBeyond(from, Duration.ofNanos(left));
        left = deadline - System.nanoTime()) {
      if (gathers && closed.await(GATHER_MILLIS, TimeUnit.MILLISECONDS)) {
        break;
      }
      Cursor here = from;
      Page page = ask(() -> read(selection, here));
      if (page.hasRows()) {
        return page;
      }
      from = page.next;
      gathers = true;
    }
    return Page.empty(from);
  }

  private Page read(Selection selection, Cursor after) throws QueryException, IOException {
    try (Page page = new Page(after)) {
      page.next = tails.read(selection, after, LIMITS, page);
      page.rows.finish();
      return page;
    }
  }

  private Page ask(Callable<Page> question)
      throws QueryRejected, IOException, InterruptedException {
    Future<Page> answer;
    try {
      answer = askers.submit(question);
    } catch (RejectedExecutionException e) {
      throw new IOException("the hub is closing: try again", e);
    }
    try {
      return answer.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case QueryException failed -> throw told(failed);
        case IOException failed -> throw failed;
        case null, default -> throw new IOException("the tail failed: " + e.getCause(), e);
      }
    }
  }

  /// A reader who is told that its request is at fault gives up; of other faults it tries again.
  private static QueryRejected told(QueryException failure) throws IOException {
    String message = String.valueOf(failure.getMessage());
    return switch (failure.reason()) {
      case INVALID, REFUSED, LIMIT -> new QueryRejected(message, failure);
      case FAILED -> throw new IOException(message, failure);
    };
  }

  /// Rows in JSON, and the place behind them.
  private static final class Page implements ResultSink, AutoCloseable {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final JsonRows rows;
    private Cursor next;
    private long count;

    Page(Cursor next) throws IOException {
      this.next = next;
      this.rows = new JsonRows(bytes);
    }

    static Page empty(Cursor next) throws IOException {
      try (Page page = new Page(next)) {
        page.rows.columns(List.of());
        page.rows.finish();
        return page;
      }
    }

    boolean hasRows() {
      return count > 0;
    }

    @Override
    public void columns(List<ResultColumn> columns) throws IOException {
      rows.columns(columns);
    }

    @Override
    public void row(List<@Nullable Object> values) throws IOException {
      rows.row(values);
      count++;
    }

    @Override
    public boolean isFull() {
      return bytes.size() >= PAGE_BYTES;
    }

    void writeTo(OutputStream out) throws IOException {
      out.write("{\"rows\":".getBytes(StandardCharsets.UTF_8));
      bytes.writeTo(out);
      out.write(",\"next\":".getBytes(StandardCharsets.UTF_8));
      out.write(JsonRows.quoted(next.toString()).getBytes(StandardCharsets.UTF_8));
      out.write('}');
    }

    @Override
    public void close() throws IOException {
      rows.close();
    }
  }
}
