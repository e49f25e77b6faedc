package dev.purser.rig;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Knows what a container really wrote: it holds every file of its log open from the file's first
/// moment, so that what is long deleted can be compared with the rows and the gaps that are told of
/// it.
///
/// The container writes lines that begin with their number, twelve digits from 0 on, and all of
/// which are of [#LINE_BYTES]. For one thread.
public final class Witness implements AutoCloseable {
  /// The number, a space, the filling and the line feed. What a runtime takes is by the line: with
  /// short ones it does not come to 50 MB/s.
  public static final int LINE_BYTES = 4_000;

  private static final int FILLING = LINE_BYTES - 14;

  /// More than what a runtime adds to a line.
  private static final int MOST_LINE_BYTES = LINE_BYTES + 200;

  /// The line as containerd writes it, and as Docker does.
  private static final Pattern NUMBERED =
      Pattern.compile("(?:[^ ]+ stdout F |\\{\"log\":\")([0-9]{12}) ");

  /// How the agent tells of files that it never opened: their bytes are not known to it.
  private static final Pattern UNSEEN =
      Pattern.compile(": (?:a file was|(\\d+) files were) begun and deleted before ");

  private static final String DELETED = ": deleted";
  private static final String UNOPENED = DELETED + " before it could be opened";

  /// Inode and time of birth.
  private static final Pattern FILE = Pattern.compile("^file/[^/]+/[0-9]+-([0-9]+-[0-9a-f]+)/");

  private final String container;
  private final KeptFiles files;

  /// What was told of the lines.
  ///
  /// @param rows in the table, each a whole line
  /// @param torn lines that are two rows: containerd may end a file with a piece of a line, and
  ///   begin the next file with the rest
  /// @param gaps how many there are of the container's files
  /// @param unseen files that the gaps count without naming them
  /// @param lost lines in the gaps' byte ranges, as the files held them, and in files that were
  ///   counted as unseen
  /// @param lostBytes sum of the gaps' byte ranges
  /// @param twice lines that are a row twice, or a row and in a gap
  /// @param unaccounted lines that are neither
  /// @param faults what is wrong, in words
  public record Account(
      long rows,
      long torn,
      long gaps,
      long unseen,
      long lost,
      long lostBytes,
      long twice,
      long unaccounted,
      List<String> faults) {
    public Account {
      faults = List.copyOf(faults);
    }

    /// Whether each line is a row once, or in a gap.
    public boolean isExact() {
      return twice == 0 && unaccounted == 0 && faults.isEmpty();
    }
  }

  /// @param root of the logs of all containers, of which one will write
  public Witness(Path root, String container) {
    this.container = container;
    this.files = new KeptFiles(root);
  }

  /// A shell script for a container: writes numbered lines at a rate, and ends.
  ///
  /// @return with [#lines] of them
  public static String script(long bytesPerSecond, int seconds) {
    return """
    awk 'BEGIN {
      p = "x"; while (length(p) < %d) p = p p; p = substr(p, 1, %d); t = systime(); n = 0
      for (s = 1; s <= %d; s++) {
        for (k = 0; k < 20; k++) {
          for (i = 0; i < %d; i++) printf "%%012d %%s\\n", n++, p
          fflush(); if (systime() < t + s) system("usleep 10000")
        }
        while (systime() < t + s) system("usleep 5000")
      }
    }'
    """
        .formatted(FILLING, FILLING, seconds, portion(bytesPerSecond));
  }

  /// How many lines [#script] writes.
  public static long lines(long bytesPerSecond, int seconds) {
    return 20L * seconds * portion(bytesPerSecond);
  }

  private static long portion(long bytesPerSecond) {
    return bytesPerSecond / LINE_BYTES / 20;
  }

  /// Compares what the hub says of the container with what it wrote.
  ///
  /// @param lines that it wrote
  public Account account(Asking hub, long lines) throws IOException, InterruptedException {
    files.check();
    Ranges told = new Ranges();
    List<String> faults = new ArrayList<>();
    // Numbers and seq grow together but where something is lost, so that few rows tell of all.
    JsonNode runs =
        hub.sql(
            """
            SELECT source, n - seq AS shift, count(*) AS rows, min(n) AS first, max(n) AS last, sum(n) AS total
            FROM (SELECT source, seq, TRY_CAST(substr(message, 1, 12) AS BIGINT) AS n FROM logs
              WHERE container = '%s' AND stream = 'stdout' AND length(message) = %d)
            GROUP BY ALL\
            """
                .formatted(container, LINE_BYTES - 1));
    long rows = 0;
    for (JsonNode run : runs) {
      long first = run.path("first").asLong();
      long last = run.path("last").asLong();
      long count = run.path("rows").asLong();
      rows += count;
      told.add(first, last + 1);
      if (count != last - first + 1
          || run.path("total").asDouble() != (first + last) / 2.0 * count) {
        faults.add("not each once: " + run);
      }
    }
    JsonNode pieces =
        hub.sql(
            """
            SELECT source, seq, partial, length(message) AS size, TRY_CAST(left(message, 12) AS BIGINT) AS n
            FROM logs WHERE container = '%s' AND (stream <> 'stdout' OR length(message) <> %d)\
            """
                .formatted(container, LINE_BYTES - 1));
    List<Long> torn = torn(pieces);
    torn.forEach(number -> told.add(number, number + 1));
    if (pieces.size() != 2 * torn.size()) {
      faults.add("no whole lines, and not two pieces of each: " + pieces);
    }
    long lost = 0;
    long lostBytes = 0;
    long unseen = 0;
    long unwitnessed = 0;
    JsonNode gaps = hub.sql("SELECT source, reason, from_position, to_position, detail FROM gaps");
    for (JsonNode gap : gaps) {
      String detail = gap.path("detail").asText();
      Matcher several = UNSEEN.matcher(detail);
      if (several.find()) {
        unseen += several.group(1) == null ? 1 : Long.parseLong(several.group(1));
        continue;
      }
      Optional<FileChannel> file = file(gap.path("source").asText());
      long from = offset(gap.path("from_position").asText());
      if (file.isEmpty() && from == 0 && detail.contains(DELETED)) {
        unwitnessed++;
        continue;
      }
      if (file.isEmpty()) {
        faults.add("a gap in a file that the witness never saw: " + gap);
        continue;
      }
      long to =
          detail.contains(UNOPENED) ? file.get().size() : offset(gap.path("to_position").asText());
      long first = numberAt(file.get(), from);
      long next = numberAt(file.get(), to);
      if (first < 0 || next < first) {
        faults.add("a gap that does not begin and end with a line: " + gap);
        continue;
      }
      told.add(first, next);
      lost += next - first;
      lostBytes += to - from;
    }
    long untold = 0;
    long linesOfOne = 0;
    Ranges ofUntold = new Ranges();
    for (FileChannel file : files.all()) {
      long size = file.size();
      long first = size == 0 ? -1 : numberAt(file, 0);
      long next = size == 0 ? -1 : numberAt(file, size);
      linesOfOne = Math.max(linesOfOne, next - first);
      if (first >= 0 && first < next && !told.touches(first, next)) {
        untold++;
        ofUntold.add(first, next);
      }
    }
    if (untold <= unseen) {
      told.addAll(ofUntold);
    }
    Ranges missing = told.missing(lines);
    // What the agent could not open in time the witness may have missed too, and what the agent
    // did open. Each such file held as many lines as any other.
    long unkept = unseen - untold + unwitnessed;
    if (unkept > 0
        && missing.count() > (unkept - 1) * linesOfOne
        && missing.count() <= unkept * linesOfOne) {
      ofUntold.addAll(missing);
      told.addAll(missing);
      missing = new Ranges();
    } else if (unkept != 0) {
      faults.add(
          "%d files were counted as unseen, the witness missed %d that were lost, and of %d nothing was told"
              .formatted(unseen, unwitnessed, untold));
    }
    lost += ofUntold.count();
    missing.shown().forEach(range -> faults.add("neither row nor gap: lines " + range));
    return new Account(
        rows,
        torn.size(),
        gaps.size(),
        unseen,
        lost,
        lostBytes,
        told.twice(),
        missing.count(),
        faults);
  }

  /// The numbers of lines in two pieces, the rest of each at the beginning of a file. Several may
  /// be torn in the same place.
  private static List<Long> torn(JsonNode pieces) {
    Map<Integer, Integer> rests = new HashMap<>();
    for (JsonNode piece : pieces) {
      if (!piece.path("partial").asBoolean() && piece.path("seq").asLong() == 0) {
        rests.merge(piece.path("size").asInt(), 1, Integer::sum);
      }
    }
    List<Long> numbers = new ArrayList<>();
    for (JsonNode head : pieces) {
      int rest = LINE_BYTES - 1 - head.path("size").asInt();
      if (head.path("partial").asBoolean() && rests.getOrDefault(rest, 0) > 0) {
        rests.merge(rest, -1, Integer::sum);
        numbers.add(head.path("n").asLong(-1));
      }
    }
    return numbers;
  }

  /// How many files the log was.
  public int files() {
    return files.count();
  }

  /// Bytes of all files of the log.
  public long bytes() throws IOException {
    return files.bytes();
  }

  @Override
  public void close() {
    files.close();
  }

  private Optional<FileChannel> file(String source) {
    Matcher matcher = FILE.matcher(source);
    return matcher.find() ? files.file(matcher.group(1)) : Optional.empty();
  }

  private static long offset(String position) {
    return position.isEmpty() || position.equals("start")
        ? 0
        : Long.parseLong(position.split(" ", 2)[0]);
  }

  /// The number of the line that begins at an offset, at the file's end that of the line that would
  /// follow; -1 where none begins.
  private static long numberAt(FileChannel file, long offset) throws IOException {
    long from = Math.max(0, offset - MOST_LINE_BYTES);
    String before = text(file, from, (int) (offset - from));
    if (offset > 0 && !before.endsWith("\n")) {
      return -1;
    }
    Matcher here = NUMBERED.matcher(text(file, offset, MOST_LINE_BYTES));
    if (here.lookingAt()) {
      return Long.parseLong(here.group(1));
    }
    if (offset != file.size() || offset == 0) {
      return -1;
    }
    String last = before.substring(before.lastIndexOf('\n', before.length() - 2) + 1);
    Matcher end = NUMBERED.matcher(last);
    return end.lookingAt() ? Long.parseLong(end.group(1)) + 1 : -1;
  }

  private static String text(FileChannel file, long from, int size) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(size);
    while (bytes.hasRemaining() && file.read(bytes, from + bytes.position()) > 0) {
      // until full
    }
    return StandardCharsets.ISO_8859_1.decode(bytes.flip()).toString();
  }
}
