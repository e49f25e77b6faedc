package dev.purser.sources.logs;

import dev.purser.core.record.LineFeeds;
import java.lang.foreign.MemorySegment;

/// One record for each log call of a container: its lines `P … P F` of one of stdout and stderr,
/// one after the other.
///
/// Such lines mostly stand together, and then nothing is copied; where stdout and stderr
/// interleave, the record is put together in a copy. What is no CRI line counts as a record of its
/// own.
public final class CriSplitter implements Splitter {
  private static final LineSplitter LINES = new LineSplitter();

  @Override
  public void split(MemorySegment data, int length, boolean finished, Cuts cuts) {
    int[] ends = cuts.ends();
    int lines = LineFeeds.ends(data, 0, length, ends);
    int limit = cuts.maxRecordBytes();
    int records = 0;
    int lineStart = 0;
    int recordStart = 0;
    int open = CriLine.NO_CRI;
    boolean sawAll = lines < ends.length;
    for (int i = 0; i < lines; i++) {
      int end = ends[i];
      int kind = CriLine.kind(data, lineStart, end);
      boolean tooLong = end - lineStart - 1 > limit;
      boolean interleaved =
          open != CriLine.NO_CRI && kind != open && kind != (open & ~CriLine.PARTIAL);
      if (tooLong || interleaved) {
        if (records > 0) {
          sawAll = false;
          break;
        }
        if (interleaved) {
          new Interleaved(data, cuts, lines).split(length, finished);
        } else {
          LINES.split(data, end, false, cuts);
        }
        return;
      }
      if (open != CriLine.NO_CRI && end - recordStart > limit) {
        ends[records++] = lineStart;
        recordStart = lineStart;
      }
      if (kind != CriLine.NO_CRI && (kind & CriLine.PARTIAL) != 0) {
        open = kind;
      } else {
        open = CriLine.NO_CRI;
        ends[records++] = end;
        recordStart = end;
      }
      lineStart = end;
    }
    cuts.setCount(records);
    cuts.take(recordStart);
    if (records == 0) {
      takeRest(data, lineStart, length, finished, cuts);
    } else if (finished && sawAll && lineStart == recordStart) {
      takeTail(lineStart, length, cuts);
    }
  }

  /// No record is complete: an open one in front of `tail`, and bytes without a line end behind it.
  private static void takeRest(
      MemorySegment data, int tail, int length, boolean finished, Cuts cuts) {
    if (tail == 0) {
      LINES.split(data, length, finished, cuts);
    } else if (finished || length > cuts.maxRecordBytes()) {
      cuts.add(tail);
      cuts.take(tail);
    }
  }

  private static void takeTail(int tail, int length, Cuts cuts) {
    if (tail < length && length - tail <= cuts.maxRecordBytes()) {
      cuts.add(length);
      cuts.take(length);
    }
  }

  /// Puts records together whose lines do not stand together. State of one call.
  private static final class Interleaved {
    private final MemorySegment data;
    private final Cuts cuts;
    private final int[] lineEnds;
    private final MemorySegment copy;
    private final Open stdout = new Open();
    private final Open stderr = new Open();
    private int copied;
    private int cleanCount;
    private int cleanTaken;

    Interleaved(MemorySegment data, Cuts cuts, int lines) {
      this.data = data;
      this.cuts = cuts;
      this.lineEnds = java.util.Arrays.copyOf(cuts.ends(), lines);
      int size = lines == 0 ? 0 : lineEnds[lines - 1];
      this.copy = cuts.useCopy(size);
      cuts.setCount(0);
    }

    void split(int length, boolean finished) {
      int start = 0;
      for (int end : lineEnds) {
        if (end - start - 1 > cuts.maxRecordBytes()) {
          break;
        }
        line(start, end);
        start = end;
        if (stdout.size == 0 && stderr.size == 0) {
          cleanCount = cuts.count();
          cleanTaken = end;
        }
      }
      if (cleanTaken == 0 && (finished || length > cuts.maxRecordBytes())) {
        boolean stdoutFirst = stdout.firstStart < stderr.firstStart;
        flush(stdoutFirst ? stdout : stderr);
        flush(stdoutFirst ? stderr : stdout);
        cleanCount = cuts.count();
        cleanTaken = start;
      }
      cuts.setCount(cleanCount);
      cuts.take(cleanTaken);
    }

    private void line(int start, int end) {
      int kind = CriLine.kind(data, start, end);
      if (kind == CriLine.NO_CRI) {
        copy(start, end);
        cuts.add(copied);
        return;
      }
      Open open = (kind & CriLine.STDERR) == 0 ? stdout : stderr;
      if (open.size + end - start > cuts.maxRecordBytes()) {
        flush(open);
      }
      open.add(start, end);
      if ((kind & CriLine.PARTIAL) == 0) {
        flush(open);
      }
    }

    private void flush(Open open) {
      if (open.size == 0) {
        return;
      }
      for (int i = 0; i < open.lines; i++) {
        copy(open.ranges[2 * i], open.ranges[2 * i + 1]);
      }
      cuts.add(copied);
      open.clear();
    }

    private void copy(int start, int end) {
      MemorySegment.copy(data, start, copy, copied, end - start);
      copied += end - start;
    }
  }

  /// The lines so far of a record that is not complete.
  private static final class Open {
    private int[] ranges = new int[16];
    private int lines;
    private int size;
    private int firstStart;

    void add(int start, int end) {
      if (2 * lines == ranges.length) {
        ranges = java.util.Arrays.copyOf(ranges, 2 * ranges.length);
      }
      if (lines == 0) {
        firstStart = start;
      }
      ranges[2 * lines] = start;
      ranges[2 * lines + 1] = end;
      lines++;
      size += end - start;
    }

    void clear() {
      lines = 0;
      size = 0;
    }
  }
}
