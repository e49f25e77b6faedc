package dev.purser.sources.logs;

import dev.purser.core.record.LineFeeds;
import dev.purser.sources.logs.multiline.Joiner;
import dev.purser.sources.logs.multiline.Line;
import dev.purser.sources.logs.multiline.Multiline;
import dev.purser.sources.logs.multiline.Rules;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;

/// One record for the lines that make one together: those of a stack trace, say.
///
/// Another splitter finds the lines, and this one drops the ends between those that belong
/// together. Nothing is copied but where lines of stdout and stderr interleave. As long as lines to
/// come may belong to a record, it and all behind it are left.
///
/// A record that grows beyond the size limit is cut in front of the last line end that still fits:
/// so the piece shows that it is one, and the pieces give the whole when they are put together.
/// Where lines have no line ends, as in Docker's `local`, it is cut between two of them. What
/// follows is looked at as if nothing had been in front of it.
public final class JoiningSplitter implements Splitter {
  private final Splitter inner;
  private final LineForm form;
  private final Rules rules;
  private final Duration timeout;
  private final long maxBytes;

  private JoiningSplitter(Splitter inner, LineForm form, Multiline multiline) {
    this.inner = inner;
    this.form = form;
    rules = new Rules(multiline.rules());
    timeout = multiline.timeout();
    maxBytes = multiline.maxBytes().bytes();
  }

  /// For plain files.
  public static Splitter ofLines(Multiline multiline) {
    return new JoiningSplitter(new LineSplitter(), new PlainForm(), multiline);
  }

  /// For the logs of containers.
  public static Splitter ofContainers(Multiline multiline) {
    return new JoiningSplitter(ContainerSplitter.ofLines(), new ContainerForm(), multiline);
  }

  /// For files of Docker's log driver `local`.
  public static Splitter ofDockerLocal(Multiline multiline) {
    return new JoiningSplitter(ContainerSplitter.ofDockerLocal(), new DockerLocalForm(), multiline);
  }

  @Override
  public boolean endsWithLineFeeds() {
    return inner.endsWithLineFeeds();
  }

  @Override
  public void split(MemorySegment data, int length, boolean finished, Cuts cuts) {
    inner.split(data, length, finished, cuts);
    join(data, length, finished, finished && cuts.taken() == length, cuts);
  }

  @Override
  public Optional<Duration> timeLimit() {
    return Optional.of(timeout);
  }

  @Override
  public void splitAfterPause(MemorySegment data, int length, Cuts cuts) {
    inner.split(data, length, false, cuts);
    join(data, length, false, true, cuts);
  }

  /// @param closed whether no line to come belongs to any record
  private void join(MemorySegment data, int length, boolean finished, boolean closed, Cuts cuts) {
    if (cuts.isCopied()) {
      cuts.reset(data, cuts.maxRecordBytes());
      new Interleaving(form, rules, maxBytes(cuts), data, cuts)
          .split(0, 0, length, finished, closed);
      return;
    }
    int lines = cuts.count();
    int[] ends = cuts.ends();
    boolean mustTake = finished || length > cuts.maxRecordBytes();
    Joiner joiner = joiner(ends, lines, !closed, data, cuts);
    int records = 0;
    int line = 0;
    while (line < lines) {
      int end = joiner.end(line);
      boolean stuck = end == Joiner.OPEN && records == 0;
      if (end == Joiner.INTERLEAVED || (stuck && holdsLine(data, cuts, length))) {
        new Interleaving(form, rules, maxBytes(cuts), data, cuts)
            .split(start(ends, line), records, length, finished, closed);
        return;
      }
      if (stuck && mustTake) {
        joiner = joiner(ends, lines, false, data, cuts);
        end = joiner.end(line);
      }
      if (end == Joiner.OPEN) {
        cuts.leaveOpen(ends[lines - 1]);
        cuts.take(start(ends, line));
        break;
      }
      int start = start(ends, line);
      ends[records++] = ends[end - 1];
      line = end;
      if (joiner.isCut()) {
        cuts.take(cutAt(start, ends, records - 1));
        break;
      }
    }
    cuts.setCount(records);
  }

  /// Whether there is a whole line that the inner splitter left: it waits for another.
  private boolean holdsLine(MemorySegment data, Cuts cuts, int length) {
    int[] ends = new int[LineFeeds.ROOM];
    return form.ends(data, cuts.taken(), length, false, cuts.maxRecordBytes(), ends) > 0;
  }

  /// Leaves the last line end of a record to its rest, if something else is in it.
  private int cutAt(int start, int[] ends, int record) {
    if (inner.endsWithLineFeeds() && ends[record] - start > 1) {
      ends[record]--;
    }
    return ends[record];
  }

  private Joiner joiner(int[] ends, int count, boolean mayGoOn, MemorySegment data, Cuts cuts) {
    return new Joiner(rules, maxBytes(cuts), new InOrder(ends, count, mayGoOn, data, form));
  }

  private int maxBytes(Cuts cuts) {
    return (int) Math.min(maxBytes, cuts.maxRecordBytes());
  }

  private static int start(int[] ends, int line) {
    return line == 0 ? 0 : ends[line - 1];
  }

  /// Lines one after the other. Of their ends, those in front of the line that is looked at may be
  /// overwritten.
  private record InOrder(int[] ends, int count, boolean mayGoOn, MemorySegment data, LineForm form)
      implements Joiner.Lines {

    @Override
    public int bytes(int from, int to) {
      return ends[to - 1] - start(ends, from);
    }

    @Override
    public void read(int number, Line line) {
      form.read(data, start(ends, number), ends[number], line);
    }

    @Override
    public boolean isApart(int number) {
      return false;
    }
  }
}
