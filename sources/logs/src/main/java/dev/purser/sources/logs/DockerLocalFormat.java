package dev.purser.sources.logs;

import java.lang.foreign.MemorySegment;

/// Files of Docker's log driver `local`: one [DockerLocalEntry] after the other.
///
/// Where no entry is, all bytes up to the next that begins like one count as one piece, which does
/// not decode. Docker's own reader gives the file up there.
final class DockerLocalFormat implements EntryFormat {
  @Override
  public boolean endsWithLineFeeds() {
    return false;
  }

  @Override
  public int ends(MemorySegment data, int length, boolean finished, Cuts cuts) {
    return ends(data, 0, length, finished, cuts.maxRecordBytes(), cuts.ends());
  }

  /// As [LineForm#ends].
  static int ends(
      MemorySegment data, int from, int length, boolean finished, int limit, int[] ends) {
    DockerLocalEntry entry = new DockerLocalEntry();
    int count = 0;
    int at = from;
    while (at < length && count < ends.length) {
      int end = entry.read(data, at, length);
      if (end == DockerLocalEntry.INCOMPLETE && !finished) {
        end = length - at > limit ? at + limit : -1;
      } else if (end <= 0 || end - at > limit) {
        end = damagedUntil(data, at, length, finished, limit);
      }
      if (end < 0) {
        break;
      }
      ends[count++] = end;
      at = end;
    }
    return count;
  }

  /// Up to where there is no entry, or -1 if that is not in view.
  private static int damagedUntil(
      MemorySegment data, int at, int length, boolean finished, int limit) {
    int last = Math.min(length, at + limit);
    int next = DockerLocalEntry.find(data, at + 1, last, length);
    if (next >= 0) {
      return next;
    }
    return length - at > limit ? last : finished ? length : -1;
  }

  @Override
  public int kind(MemorySegment data, int start, int end) {
    DockerLocalEntry entry = new DockerLocalEntry();
    return entry.read(data, start, end) == end ? entry.kind() : NO_ENTRY;
  }

  /// Nothing is left to take: [#ends] takes damaged and over-long bytes too.
  @Override
  public void cut(MemorySegment data, int length, boolean finished, Cuts cuts) {
    cuts.setCount(0);
    cuts.take(0);
  }
}
