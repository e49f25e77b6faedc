package dev.purser.sources.logs;

import dev.purser.sources.logs.multiline.Joiner;
import dev.purser.sources.logs.multiline.Line;
import dev.purser.sources.logs.multiline.Line.Role;
import dev.purser.sources.logs.multiline.Rules;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Joins the lines of each of a container's streams where they interleave. Records come in the
/// order of their ends, and are copied if that moves a line. State of one call.
///
/// What is taken ends where no record has lines on both sides. So that one stream cannot hold back
/// the other for long, a record ends where much of the other stream follows. A record that is cut
/// at the size limit keeps its last line end here, so that it does not show.
final class Interleaving {
  /// More of the other stream than this between two lines, and they do not belong together.
  private static final int MAX_APART_BYTES = 64 << 10;

  private static final byte ALONE = 2;

  private final LineForm form;
  private final Rules rules;
  private final int maxBytes;
  private final MemorySegment data;
  private final Cuts cuts;
  private final Line line = new Line();
  private int[] ends = {};
  private int[] starts = {};
  private byte[] streams = {};
  private int count;
  private int end;

  Interleaving(LineForm form, Rules rules, int maxBytes, MemorySegment data, Cuts cuts) {
    this.form = form;
    this.rules = rules;
    this.maxBytes = maxBytes;
    this.data = data;
    this.cuts = cuts;
  }

  /// Goes on from `from`, where `records` of them are found.
  void split(int from, int records, int length, boolean finished, boolean closed) {
    ends = cuts.lineEnds();
    int lines = form.ends(data, from, length, finished, cuts.maxRecordBytes(), ends);
    Side stdout = new Side(lines);
    Side stderr = new Side(lines);
    boolean all = read(from, lines, records, stdout, stderr);
    boolean sawAll = all && lines < ends.length;
    int border = border(stdout, stderr, closed || (finished && sawAll));
    if (border == 0 && records == 0 && (finished || length > cuts.maxRecordBytes())) {
      border = border(stdout, stderr, true);
    }
    if (border == 0 && records == 0 && lines > 0 && !all) {
      new LineSplitter().split(data, ends[0], false, cuts);
      return;
    }
    if (border < count) {
      cuts.leaveOpen(Math.max(stdout.openEnd(), stderr.openEnd()));
    }
    int taken = border == 0 ? from : ends[border - 1];
    int found = emit(from, records, border, stdout, stderr);
    cuts.setCount(found);
    cuts.take(taken);
    boolean isTail = finished && all && border == count && taken < length;
    if (isTail && length - taken <= cuts.maxRecordBytes() && !cuts.isCopied() && !cuts.isFull()) {
      cuts.add(length);
      cuts.take(length);
    }
  }

  /// @return whether none of the lines is too long
  private boolean read(int from, int lines, int records, Side stdout, Side stderr) {
    starts = new int[lines];
    streams = new byte[lines];
    int most = cuts.ends().length - records;
    int start = from;
    boolean all = true;
    for (int i = 0; i < lines && count < most; i++) {
      int lineEnd = ends[i];
      if (lineEnd - start - 1 > cuts.maxRecordBytes()) {
        all = false;
        break;
      }
      form.read(data, start, lineEnd, line);
      boolean another = i + 1 < lines && ends[i + 1] == lineEnd + 1;
      if (line.role() == Role.REST && i + 1 < lines && !another) {
        continue;
      }
      boolean alone = line.role() == Role.ALONE || line.role() == Role.REST;
      Side side = line.stream() == 0 ? stdout : stderr;
      if (!alone && side.callGoesOn && data.get(ValueLayout.JAVA_BYTE, start) == '\n') {
        // No line end that a cut left, as nothing is cut within a call.
        if (count + 1 == most) {
          break;
        }
        keep(start, start + 1, ALONE);
        start++;
      }
      if (!alone) {
        side.add(keep(start, lineEnd, (byte) line.stream()), line.goesOn());
      } else {
        keep(start, lineEnd, ALONE);
      }
      start = lineEnd;
    }
    end = start;
    return all;
  }

  /// @return the number of the line
  private int keep(int start, int lineEnd, byte stream) {
    starts[count] = start;
    ends[count] = lineEnd;
    streams[count] = stream;
    return count++;
  }

  /// The first line that is not taken.
  private int border(Side stdout, Side stderr, boolean closed) {
    stdout.join(closed);
    stderr.join(closed);
    int border = Math.min(stdout.firstOpen, stderr.firstOpen);
    for (int before = -1; before != border; ) {
      before = border;
      border = stderr.borderBefore(stdout.borderBefore(border));
    }
    return border;
  }

  /// Writes the records in front of `border` behind those that are there.
  ///
  /// @return how many there are now
  private int emit(int from, int records, int border, Side stdout, Side stderr) {
    int[] found = cuts.ends();
    boolean moved = stdout.hasGapBefore(border) || stderr.hasGapBefore(border);
    MemorySegment target = data;
    if (moved) {
      target = cuts.useCopy(ends[border - 1]);
      MemorySegment.copy(data, 0, target, 0, from);
    }
    int to = from;
    int n = records;
    for (int i = 0; i < border; i++) {
      if (streams[i] == ALONE) {
        to = put(i, to, target, moved);
        found[n++] = to;
        continue;
      }
      Side side = streams[i] == 0 ? stdout : stderr;
      int record = side.emitted;
      if (side.lastLine(record) == i) {
        for (int k = side.start(record); k < side.recordEnds[record]; k++) {
          to = put(side.lines[k], to, target, moved);
        }
        found[n++] = to;
        side.emitted++;
      }
    }
    return n;
  }

  private int put(int number, int to, MemorySegment target, boolean moved) {
    int size = ends[number] - starts[number];
    if (moved) {
      MemorySegment.copy(data, starts[number], target, to, size);
    }
    return to + size;
  }

  /// The lines of one stream. A call is what the program wrote at once, and the runtime in several
  /// lines if it was long.
  private final class Side implements Joiner.Lines {
    private final int[] lines;
    private final int[] callStarts;
    private final int[] sizes;
    private int[] recordEnds = {};
    private int size;
    private int calls;
    private boolean callGoesOn;
    private int complete;
    private boolean closed;
    private int records;
    private int emitted;
    private int firstOpen;
    private int openEnd;

    Side(int most) {
      lines = new int[most];
      callStarts = new int[most + 1];
      sizes = new int[most + 1];
    }

    void add(int number, boolean goesOn) {
      int bytes = ends[number] - starts[number];
      boolean tooLong =
          callGoesOn && sizes[calls] - sizes[calls - 1] + bytes > cuts.maxRecordBytes();
      if (!callGoesOn || tooLong) {
        callStarts[calls] = size;
        sizes[calls + 1] = sizes[calls];
        calls++;
      }
      lines[size++] = number;
      sizes[calls] += bytes;
      callStarts[calls] = size;
      callGoesOn = goesOn;
    }

    void join(boolean newClosed) {
      closed = newClosed;
      complete = callGoesOn && !closed ? calls - 1 : calls;
      recordEnds = new int[complete];
      records = 0;
      openEnd = 0;
      Joiner joiner = new Joiner(rules, maxBytes, this);
      int call = 0;
      while (call < complete) {
        int next = joiner.end(call);
        if (next == Joiner.OPEN) {
          openEnd = ends[lines[callStarts[complete] - 1]];
          break;
        }
        recordEnds[records++] = callStarts[next];
        call = next;
      }
      firstOpen = call < calls ? lines[callStarts[call]] : Interleaving.this.count;
    }

    @Override
    public int count() {
      return complete;
    }

    @Override
    public int bytes(int from, int to) {
      return sizes[to] - sizes[from];
    }

    @Override
    public void read(int number, Line target) {
      int first = lines[callStarts[number]];
      form.read(data, starts[first], ends[first], target);
    }

    @Override
    public boolean isApart(int number) {
      int before = ends[lines[callStarts[number] - 1]];
      return starts[lines[callStarts[number]]] - before > MAX_APART_BYTES;
    }

    @Override
    public boolean mayGoOn() {
      return !closed && end - ends[lines[callStarts[complete] - 1]] <= MAX_APART_BYTES;
    }

    int openEnd() {
      return openEnd;
    }

    int start(int record) {
      return record == 0 ? 0 : recordEnds[record - 1];
    }

    int lastLine(int record) {
      return record < records ? lines[recordEnds[record] - 1] : -1;
    }

    /// `border`, or the first line of the record that has lines on both sides of it.
    int borderBefore(int border) {
      int at = Arrays.binarySearch(lines, 0, records == 0 ? 0 : recordEnds[records - 1], border);
      int position = at >= 0 ? at : -at - 1;
      int found = Arrays.binarySearch(recordEnds, 0, records, position);
      if (found >= 0 || position == 0 || records == 0) {
        return border;
      }
      int record = -found - 1;
      return record < records ? lines[start(record)] : border;
    }

    /// Whether a record in front of `border` has a line of another in between.
    boolean hasGapBefore(int border) {
      for (int record = 0; record < records && lines[start(record)] < border; record++) {
        int first = lines[start(record)];
        if (lines[recordEnds[record] - 1] - first != recordEnds[record] - start(record) - 1) {
          return true;
        }
      }
      return false;
    }
  }
}
