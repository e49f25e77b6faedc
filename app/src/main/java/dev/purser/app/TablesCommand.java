package dev.purser.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.transport.QueryClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Lists the tables and their columns.
@Command(
    name = "tables",
    description = "Lists the tables of the hub and their columns.",
    mixinStandardHelpOptions = true)
final class TablesCommand implements Callable<Integer> {
  @Mixin private HubOptions hub;

  @Override
  public Integer call() throws Exception {
    JsonNode tables;
    try (QueryClient client = hub.connect()) {
      tables = new ObjectMapper().readTree(client.tables());
    } catch (IOException e) {
      throw new UserError(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
    for (JsonNode table : tables) {
      System.out.println(table.path("name").asText() + ": " + table.path("description").asText());
      List<List<String>> lines = new ArrayList<>();
      lines.add(List.of("  column", "type", "what it is"));
      for (JsonNode column : table.path("columns")) {
        lines.add(
            List.of(
                "  " + column.path("name").asText(),
                column.path("type").asText(),
                column.path("description").asText()));
      }
      TextTable.print(lines, System.out);
      System.out.println();
    }
    return ExitCode.OK;
  }
}
