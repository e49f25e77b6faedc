package dev.purser.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.transport.QueryClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Shows how far everything is.
@Command(
    name = "status",
    description =
        "Shows each stream with its position, lag, records and gaps; the log, staging and lake.",
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
  @Mixin private HubOptions hub;

  @Option(names = "--format", description = "table or json. Default: ${DEFAULT-VALUE}.")
  private SqlCommand.Format format = SqlCommand.Format.table;

  @Option(names = "--all", description = "Also streams that have ended.")
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
    printStreams(root.path("streams"));
    return ExitCode.OK;
  }

  private static void printHub(JsonNode root) {
    JsonNode wal = root.path("wal");
    System.out.printf(
        "log      %,d of %,d bytes, durable to offset %,d%n",
        wal.path("bytes").asLong(), wal.path("maxBytes").asLong(), wal.path("durable").asLong());
    JsonNode lake = root.path("lake");
    lake.properties()
        .forEach(entry ->
            System.out.printf(
                "lake     %s %s%n",
                entry.getKey(), entry.getValue().asText(entry.getValue().toString())));
    JsonNode ingest = root.path("ingest");
    System.out.printf(
        "ingest   %,d records, %,d bytes since the start; %d conflicts, %d busy, %d rejected%n",
        ingest.path("records").asLong(),
        ingest.path("recordBytes").asLong(),
        ingest.path("conflicts").asLong(),
        ingest.path("busy").asLong(),
        ingest.path("rejected").asLong());
  }

  private static void printAgents(JsonNode agents) {
    for (JsonNode agent : agents) {
      System.out.printf(
          "agent    %s on %s, heard of at %s%n",
          agent.path("agent").asText(), agent.path("node").asText(), agent.path("at").asText());
      JsonNode trouble = agent.path("delivery").path("trouble");
      if (trouble.isTextual()) {
        System.out.println("  waits: " + TextTable.harmless(trouble.asText()));
      }
      agent
          .path("problems")
          .forEach(problem -> System.out.println("  " + TextTable.harmless(problem.asText())));
    }
  }

  private void printStreams(JsonNode streams) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("stream", "what", "position", "records", "gaps", "lag bytes", "lag s"));
    int ended = 0;
    for (JsonNode stream : streams) {
      if (stream.path("ended").asBoolean() && !all) {
        ended++;
        continue;
      }
      JsonNode context = stream.path("context");
      lines.add(
          List.of(
              stream.path("stream").asText(),
              context.path("file").asText(context.path("cluster").asText("")),
              stream.path("position").asText(),
              stream.path("records").asText(),
              stream.path("gaps").asText(),
              stream.path("lagBytes").asText(""),
              stream.path("lagSeconds").asText("")));
    }
    System.out.println();
    TextTable.print(lines, System.out);
    if (ended > 0) {
      System.out.println("(and " + ended + " ended; --all shows them)");
    }
  }
}
