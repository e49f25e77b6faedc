package dev.purser.sources.audit;

import dev.purser.sources.logs.Cuts;
import dev.purser.sources.logs.LineSplitter;
import dev.purser.sources.logs.Splitter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// One record for each line; but of a line that begins with a torn event, see [TornLine], the torn
/// bytes are one record and the whole event behind them is the next. The torn bytes do not decode,
/// and so become a row of `gaps`.
///
/// An ordinary line is only searched, not parsed: one that holds the beginning of an event a second
/// time is.
final class AuditSplitter implements Splitter {
  private static final LineSplitter LINES = new LineSplitter();

  @Override
  public void split(MemorySegment data, int length, boolean finished, Cuts cuts) {
    LINES.split(data, length, finished, cuts);
    int start = 0;
    for (int i = 0; i < cuts.count(); i++) {
      int end = cuts.ends()[i];
      int whole = wholeEvent(data, start, end);
      if (whole >= 0) {
        if (!insert(cuts, i, start, whole)) {
          return;
        }
        i++;
      }
      start = end;
    }
  }

  /// Where the whole event begins in the record `data[start, end)` if it is torn in front; else -1.
  /// A record without a line end is none that is complete: it is left alone.
  private static int wholeEvent(MemorySegment data, int start, int end) {
    if (data.get(ValueLayout.JAVA_BYTE, end - 1) != '\n' || Marker.find(data, start + 1, end) < 0) {
      return -1;
    }
    byte[] line = data.asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE);
    int at = new TornLine().split(line, 0, line.length);
    return at < 0 ? -1 : start + at;
  }

  /// Makes two records of record `i`. Where there is no room for one more, the last record is left
  /// for the next call.
  ///
  /// @return false when that was record `i` itself
  private static boolean insert(Cuts cuts, int i, int start, int at) {
    int[] ends = cuts.ends();
    if (cuts.isFull()) {
      cuts.setCount(cuts.count() - 1);
      cuts.take(cuts.count() == i ? start : ends[cuts.count() - 1]);
      if (cuts.count() == i) {
        return false;
      }
    }
    System.arraycopy(ends, i, ends, i + 1, cuts.count() - i);
    ends[i] = at;
    cuts.setCount(cuts.count() + 1);
    return true;
  }
}
