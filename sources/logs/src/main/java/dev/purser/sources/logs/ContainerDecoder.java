package dev.purser.sources.logs;

import dev.purser.core.json.JsonText;
import dev.purser.core.objects.Inventory;
import dev.purser.core.record.Stream;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.core.table.Row;
import dev.purser.core.table.Table;

/// Decodes container logs as [ContainerSplitter] and [JoiningSplitter] cut them: one or more
/// entries that hold one line, or several that belong together.
public final class ContainerDecoder implements Decoder {
  /// Of lines of CRI and of Docker's json-file. The name is stored; it is older than the latter.
  public static final String LINES = "cri";

  /// Of files of Docker's log driver `local`.
  public static final String DOCKER_LOCAL = "docker-local";

  private final String kind;
  private final LogEntry.Reader reader;
  private final StreamColumns columns;
  private final LogEntry entry = new LogEntry();
  private byte[] joined = new byte[1 << 16];

  private ContainerDecoder(String kind, LogEntry.Reader reader, Inventory inventory) {
    this.kind = kind;
    this.reader = reader;
    this.columns = new StreamColumns(inventory);
  }

  /// Knows of pods what the agent tells.
  public static ContainerDecoder ofLines() {
    return ofLines(Inventory.EMPTY);
  }

  /// @param inventory tells more of the pods
  public static ContainerDecoder ofLines(Inventory inventory) {
    CriReader cri = new CriReader();
    JsonFileReader json = new JsonFileReader();
    return new ContainerDecoder(
        LINES,
        (bytes, from, to, entry) ->
            bytes[from] == '{'
                ? json.read(bytes, from, to, entry)
                : cri.read(bytes, from, to, entry),
        inventory);
  }

  /// Knows of pods what the agent tells.
  public static ContainerDecoder ofDockerLocal() {
    return ofDockerLocal(Inventory.EMPTY);
  }

  /// @param inventory tells more of the pods
  public static ContainerDecoder ofDockerLocal(Inventory inventory) {
    return new ContainerDecoder(DOCKER_LOCAL, new DockerLocalReader(), inventory);
  }

  @Override
  public String kind() {
    return kind;
  }

  @Override
  public Table table() {
    return LogsTable.TABLE;
  }

  @Override
  public void prepare(Stream stream, long ingestTimeMicros) throws InterruptedException {
    columns.prepare(stream, ingestTimeMicros);
  }

  @Override
  public void decode(Stream stream, byte[] bytes, int start, int to, Row row)
      throws MalformedRecordException {
    int from = isRest(bytes, start, to) ? start + 1 : start;
    if (from == to) {
      throw new MalformedRecordException("container log: expected an entry, found no bytes");
    }
    int next = reader.read(bytes, from, to, entry);
    row.set(Table.TIME, entry.timeMicros);
    row.set(LogsTable.STREAM, entry.stderr ? "stderr" : "stdout");
    columns.set(stream, row);
    if (next == to && from == start && !entry.escaped) {
      message(bytes, entry.contentStart, entry.contentEnd, row);
    } else {
      int size = join(bytes, from > start, next, to);
      message(joined, 0, size, row);
    }
    row.set(LogsTable.PARTIAL, entry.complete ? 0 : 1);
  }

  /// Puts the contents of the entry that was read and of all behind it together: an entry continues
  /// the line of the one in front, or begins another where that is complete.
  ///
  /// @param rest whether a line end stands in front of all
  /// @param next where the entry ends
  /// @return how long they are in all
  private int join(byte[] bytes, boolean rest, int next, int to) throws MalformedRecordException {
    int room = to - entry.contentStart + 1;
    if (joined.length < room) {
      joined = new byte[Math.max(room, 2 * joined.length)];
    }
    int size = 0;
    if (rest) {
      joined[size++] = '\n';
    }
    size = append(bytes, size);
    int start = next;
    while (start < to) {
      boolean inner = isRest(bytes, start, to);
      if (entry.complete || inner) {
        size = size > 0 && joined[size - 1] == '\r' ? size - 1 : size;
        joined[size++] = '\n';
      }
      start = reader.read(bytes, inner ? start + 1 : start, to, entry);
      size = append(bytes, size);
    }
    return size;
  }

  /// Whether the line end stands here that a record cut at the size limit left to its rest.
  private static boolean isRest(byte[] bytes, int at, int to) {
    return to - at > 1 && bytes[at] == '\n';
  }

  private int append(byte[] bytes, int size) {
    if (entry.escaped) {
      return JsonText.unescape(bytes, entry.contentStart, entry.contentEnd, joined, size);
    }
    int length = entry.contentEnd - entry.contentStart;
    System.arraycopy(bytes, entry.contentStart, joined, size, length);
    return size + length;
  }

  /// A line may end with `\r\n` too; its `\n` is gone already.
  private void message(byte[] text, int from, int to, Row row) {
    boolean carriageReturn = entry.complete && to > from && text[to - 1] == '\r';
    row.set(LogsTable.MESSAGE, text, from, carriageReturn ? to - 1 : to);
  }
}
