package dev.purser.sources.logs;

import dev.purser.core.table.MalformedRecordException;
import java.lang.foreign.MemorySegment;

/// Takes entries of Docker's log driver `local` apart, see [DockerLocalEntry].
final class DockerLocalReader implements LogEntry.Reader {
  private final DockerLocalEntry frame = new DockerLocalEntry();

  @Override
  public int read(byte[] bytes, int from, int to, LogEntry entry) throws MalformedRecordException {
    int end = frame.read(MemorySegment.ofArray(bytes), from, to);
    if (end <= 0) {
      throw new MalformedRecordException(
          "container log: expected a LogEntry of Docker between its length and once more its"
              + " length");
    }
    int kind = frame.kind();
    if (kind == EntryFormat.NO_ENTRY) {
      throw new MalformedRecordException(
          "container log: expected a LogEntry of Docker with stdout or stderr as its source");
    }
    entry.timeMicros = Math.floorDiv(frame.timeNanos(), 1000);
    entry.stderr = (kind & EntryFormat.STDERR) != 0;
    entry.contentStart = frame.lineStart();
    entry.contentEnd = frame.lineEnd();
    entry.escaped = false;
    entry.complete = frame.isComplete();
    return end;
  }
}
