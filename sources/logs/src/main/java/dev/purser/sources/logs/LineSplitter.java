package dev.purser.sources.logs;

import dev.purser.core.record.LineFeeds;
import java.lang.foreign.MemorySegment;

/// One record for each line.
public final class LineSplitter implements Splitter {

  @Override
  public void split(MemorySegment data, int length, boolean finished, Cuts cuts) {
    int[] ends = cuts.ends();
    int count = LineFeeds.ends(data, 0, length, ends);
    int limit = cuts.maxRecordBytes();
    int start = 0;
    for (int i = 0; i < count; i++) {
      if (ends[i] - start - 1 > limit) {
        cuts.setCount(i);
        cuts.take(start);
        cutLong(start, ends[i], cuts);
        return;
      }
      start = ends[i];
    }
    cuts.setCount(count);
    cuts.take(start);
    if (!cuts.isFull()) {
      cutRest(start, length, finished, cuts);
    }
  }

  /// Cuts one long line; the lines behind it come with the next call.
  private static void cutLong(int from, int to, Cuts cuts) {
    int start = from;
    while (to - start - 1 > cuts.maxRecordBytes() && !cuts.isFull()) {
      start += cuts.maxRecordBytes();
      cuts.add(start);
      cuts.take(start);
    }
    if (!cuts.isFull()) {
      cuts.add(to);
      cuts.take(to);
    }
  }

  /// What has no line end yet: pieces of full size, and all of it if nothing follows.
  private static void cutRest(int from, int length, boolean finished, Cuts cuts) {
    int start = from;
    while (length - start > cuts.maxRecordBytes() && !cuts.isFull()) {
      start += cuts.maxRecordBytes();
      cuts.add(start);
      cuts.take(start);
    }
    if (finished && start < length && !cuts.isFull()) {
      cuts.add(length);
      cuts.take(length);
    }
  }
}
