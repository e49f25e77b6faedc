package dev.purser.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.transport.QueryClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Shows how far everything is.
@Command(
    name = "status",
    description =
        "Shows what became of the bytes of each container and file, those with losses and lag first;"
            + " the log and the lake.",
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
  /// So many containers without trouble are a screen full.
  private static final int SHOWN = 30;

  private static final List<String> UNITS = List.of("B", "kB", "MB", "GB", "TB", "PB");

  /// Ids of the streams that are read from files, and of what marks the first start of a source.
  private static final Pattern OF_FILES = Pattern.compile("^(file|start|wal)/");

  @Mixin private HubOptions hub;

  @Option(names = "--format", description = "table or json. Default: ${DEFAULT-VALUE}.")
  private SqlCommand.Format format = SqlCommand.Format.table;

  @Option(
      names = "--all",
      description =
          "Also all containers and files without loss and lag, and each stream with its position,"
              + " those that have ended too.")
  private boolean all;

  @Override
  public Integer call() throws Exception {
    byte[] status;
    try (QueryClient client = hub.connect()) {
      status = client.status();
    } catch (IOException e) {
      throw new UserError(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
    if (format == SqlCommand.Format.json) {
      System.out.println(new String(status, StandardCharsets.UTF_8));
      return ExitCode.OK;
    }
    JsonNode root = new ObjectMapper().readTree(status);
    printHub(root);
    printAgents(root.path("agents"));
    printVolumes("container", root.path("containers"));
    printVolumes("file", root.path("files"));
    printWatches(root.path("streams"));
    if (all) {
      printStreams(root.path("streams"));
    }
    return ExitCode.OK;
  }

  private static void printHub(JsonNode root) {
    JsonNode wal = root.path("wal");
    JsonNode lake = root.path("lake");
    long durable = wal.path("durable").asLong();
    System.out.printf(
        "log      %s of %s; %s not in files of the tables yet, %s not in queries yet%n",
        bytes(wal.path("bytes")),
        bytes(wal.path("maxBytes")),
        bytes(Math.max(0, durable - lake.path("committed").asLong())),
        bytes(Math.max(0, durable - lake.path("applied").asLong())));
    System.out.printf(
        "lake     %,d rows in memory (%s); since the start %,d commits, %,d failed, %,d malformed"
            + " records%n",
        lake.path("stagedRows").asLong(),
        bytes(lake.path("stagedBytes")),
        lake.path("commits").asLong(),
        lake.path("failedCommits").asLong(),
        lake.path("malformed").asLong());
    if (lake.path("lastError").isTextual()) {
      System.out.println("  fails: " + TextTable.harmless(lake.path("lastError").asText()));
    }
    JsonNode ingest = root.path("ingest");
    System.out.printf(
        "ingest   since the start %,d records, %s; %,d conflicts, %,d busy, %,d rejected%n",
        ingest.path("records").asLong(),
        bytes(ingest.path("recordBytes")),
        ingest.path("conflicts").asLong(),
        ingest.path("busy").asLong(),
        ingest.path("rejected").asLong());
  }

  private static void printAgents(JsonNode agents) {
    for (JsonNode agent : agents) {
      System.out.printf(
          "agent    %s, heard of at %s (%s)%n",
          TextTable.harmless(agent.path("node").asText()),
          agent.path("at").asText(),
          agent.path("agent").asText());
      JsonNode trouble = agent.path("delivery").path("trouble");
      if (trouble.isTextual()) {
        System.out.println("  waits: " + TextTable.harmless(trouble.asText()));
      }
      agent
          .path("problems")
          .forEach(problem -> System.out.println("  " + TextTable.harmless(problem.asText())));
    }
  }

  /// Those with trouble first; of the others no more than a screen.
  private void printVolumes(String what, JsonNode volumes) {
    List<Row> rows = new ArrayList<>();
    volumes.forEach(volume -> rows.add(Row.of(volume)));
    if (rows.isEmpty()) {
      return;
    }
    rows.sort(Row.TROUBLE_FIRST);
    boolean manyNodes = rows.stream().map(Row::node).distinct().count() > 1;
    List<List<String>> lines = new ArrayList<>();
    lines.add(cells(manyNodes, what, "written", "read", "delivered", "lost", "lag", "node"));
    int hidden = 0;
    for (Row row : rows) {
      if (!all && lines.size() > SHOWN && !row.hasTrouble()) {
        hidden++;
        continue;
      }
      JsonNode volume = row.volume();
      lines.add(
          cells(
              manyNodes,
              isAlone(row, rows) ? row.name() : row.name() + " " + row.uid(),
              bytes(volume.path("writtenBytes")),
              bytes(volume.path("readBytes")),
              bytes(volume.path("deliveredBytes")),
              bytes(volume.path("lostBytes")),
              lag(volume),
              row.node()));
    }
    System.out.println();
    TextTable.print(lines, System.out);
    if (hidden > 0) {
      System.out.println("(and " + hidden + " without loss and lag; --all shows them)");
    }
  }

  private static List<String> cells(boolean withNode, String... cells) {
    return List.of(cells).subList(0, withNode ? cells.length : cells.length - 1);
  }

  private static boolean isAlone(Row row, List<Row> rows) {
    return rows.stream()
            .filter(each -> each.name().equals(row.name()) && each.node().equals(row.node()))
            .count()
        == 1;
  }

  private static String lag(JsonNode volume) {
    long lag = volume.path("lagBytes").asLong();
    double seconds = volume.path("lagSeconds").asDouble();
    long unended = volume.path("unendedBytes").asLong();
    return bytes(lag)
        + (seconds < 1 ? "" : ", " + duration((long) seconds))
        + (unended == 0
            ? ""
            : unended == lag
                ? " (a last line without an end)"
                : " (" + bytes(unended) + " of a last line without an end)");
  }

  private static String duration(long seconds) {
    return seconds < 120
        ? seconds + " s"
        : seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
  }

  /// What is read from no file.
  private static void printWatches(JsonNode streams) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("watch", "cluster", "records", "gaps", "position"));
    for (JsonNode stream : streams) {
      String id = stream.path("stream").asText();
      if (!stream.path("ended").asBoolean() && !OF_FILES.matcher(id).find()) {
        lines.add(
            List.of(
                id.replaceFirst("/.*", ""),
                stream.path("context").path("cluster").asText(""),
                String.format("%,d", stream.path("records").asLong()),
                stream.path("gaps").asText(),
                stream.path("position").asText()));
      }
    }
    if (lines.size() > 1) {
      System.out.println();
      TextTable.print(lines, System.out);
    }
  }

  private static void printStreams(JsonNode streams) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(
        List.of("stream", "what", "position", "records", "gaps", "lag bytes", "lag s", "ended"));
    for (JsonNode stream : streams) {
      JsonNode context = stream.path("context");
      lines.add(
          List.of(
              stream.path("stream").asText(),
              context.path("file").asText(context.path("cluster").asText("")),
              stream.path("position").asText(),
              stream.path("records").asText(),
              stream.path("gaps").asText(),
              stream.path("lagBytes").asText(""),
              stream.path("lagSeconds").asText(""),
              stream.path("ended").asBoolean() ? "yes" : ""));
    }
    System.out.println();
    TextTable.print(lines, System.out);
  }

  private static String bytes(JsonNode number) {
    return bytes(number.asLong());
  }

  /// A number of bytes in at most three digits and a unit.
  private static String bytes(long number) {
    double shown = number;
    int unit = 0;
    while (shown >= 999.5 && unit < UNITS.size() - 1) {
      shown /= 1000;
      unit++;
    }
    String digits = unit > 0 && shown < 99.95 ? "%.1f" : "%.0f";
    return String.format(Locale.ROOT, digits, shown) + " " + UNITS.get(unit);
  }

  /// A container or a file.
  private record Row(String name, String uid, String node, JsonNode volume) {
    static final Comparator<Row> TROUBLE_FIRST =
        Comparator.comparingLong((Row row) -> -row.volume.path("lostBytes").asLong())
            .thenComparingLong(row -> -row.volume.path("lagBytes").asLong())
            .thenComparing(Row::name)
            .thenComparing(Row::uid)
            .thenComparing(Row::node);

    static Row of(JsonNode volume) {
      String name =
          volume.has("container")
              ? Stream.of("namespace", "pod", "container")
                  .map(key -> volume.path(key).asText())
                  .filter(part -> !part.isEmpty())
                  .collect(Collectors.joining("/"))
              : volume.path("file").asText();
      return new Row(name, volume.path("pod_uid").asText(), volume.path("node").asText(), volume);
    }

    boolean hasTrouble() {
      return volume.path("lostBytes").asLong() > 0 || volume.path("lagBytes").asLong() > 0;
    }
  }
}
