package dev.purser.sources.logs;

import java.lang.foreign.MemorySegment;

/// One record for each log call of a container: the entries that its runtime made of it, all of one
/// of stdout and stderr, one after the other.
///
/// Such entries mostly stand together, and then nothing is copied; where stdout and stderr
/// interleave, the record is put together in a copy. What is no entry counts as a record of its
/// own.
public final class ContainerSplitter implements Splitter {
  private final EntryFormat format;

  private ContainerSplitter(EntryFormat format) {
    this.format = format;
  }

  /// For lines of CRI and of Docker's json-file, in one file or in several.
  public static ContainerSplitter ofLines() {
    return new ContainerSplitter(new ContainerLine());
  }

  /// For files of Docker's log driver `local`.
  public static ContainerSplitter ofDockerLocal() {
    return new ContainerSplitter(new DockerLocalFormat());
  }

  @Override
  public boolean endsWithLineFeeds() {
    return format.endsWithLineFeeds();
  }

  @Override
  public void split(MemorySegment data, int length, boolean finished, Cuts cuts) {
    int[] ends = cuts.ends();
    int lines = format.ends(data, length, finished, cuts);
    int limit = cuts.maxRecordBytes();
    int records = 0;
    int lineStart = 0;
    int recordStart = 0;
    int open = EntryFormat.NO_ENTRY;
    boolean sawAll = lines < ends.length;
    for (int i = 0; i < lines; i++) {
      int end = ends[i];
      int kind = format.kind(data, lineStart, end);
      boolean tooLong = end - lineStart - 1 > limit;
      boolean interleaved =
          open != EntryFormat.NO_ENTRY && kind != open && kind != (open & ~EntryFormat.PARTIAL);
      if (tooLong || interleaved) {
        if (records > 0) {
          sawAll = false;
          break;
        }
        if (interleaved) {
          new Interleaved(data, cuts, lines).split(length, finished);
        } else {
          format.cut(data, end, false, cuts);
        }
        return;
      }
      if (open != EntryFormat.NO_ENTRY && end - recordStart > limit) {
        ends[records++] = lineStart;
        recordStart = lineStart;
      }
      if (kind != EntryFormat.NO_ENTRY && (kind & EntryFormat.PARTIAL) != 0) {
        open = kind;
      } else {
        open = EntryFormat.NO_ENTRY;
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
  private void takeRest(MemorySegment data, int tail, int length, boolean finished, Cuts cuts) {
    if (tail == 0) {
      format.cut(data, length, finished, cuts);
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
  private final class Interleaved {
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
      int kind = format.kind(data, start, end);
      if (kind == EntryFormat.NO_ENTRY) {
        copy(start, end);
        cuts.add(copied);
        return;
      }
      Open open = (kind & EntryFormat.STDERR) == 0 ? stdout : stderr;
      if (open.size + end - start > cuts.maxRecordBytes()) {
        flush(open);
      }
      open.add(start, end);
      if ((kind & EntryFormat.PARTIAL) == 0) {
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
