package dev.purser.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.config.Section;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Shows the rows of a table as they reach the hub.
@Command(
    name = "tail",
    description = {
      "Follows a table of the hub: shows each row once, within about a second of its reaching the hub.",
      "While the hub is away it waits for it, and goes on where it was. Ctrl-C ends it.",
      "Rows come in the order in which they reached the hub, those of a stream in their own order."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:nobody reads its output any more",
      "1:the hub refused, or no hub answers at the start",
      "2:the command line or the config file is wrong"
    })
final class TailCommand implements Callable<Integer> {
  enum Format {
    text,
    json
  }

  @Mixin private HubOptions hub;

  @Parameters(paramLabel = "TABLE", description = "Its name; `purser tables` lists them.")
  private String table = "";

  @Option(
      names = "--where",
      paramLabel = "SQL-EXPRESSION",
      description =
          "Only rows of which this is true, such as \"namespace = 'shop'\"; no subqueries.")
  private @Nullable String where;

  @Option(
      names = "--columns",
      paramLabel = "NAME",
      split = ",",
      description = "What to show of each row. Default: text a short form, json all.")
  private List<String> columns = List.of();

  @ArgGroup private @Nullable Begin begin;

  @Option(
      names = "--format",
      description = "text, or json: an object on each line. Default: ${DEFAULT-VALUE}.")
  private Format format = Format.text;

  /// Where to begin.
  static final class Begin {
    @Option(
        names = "--since",
        paramLabel = "DURATION",
        required = true,
        description = "Begin with what reached the hub since so long, such as 10m. Default: now.")
    private @Nullable String since;

    @Option(
        names = "--last",
        paramLabel = "N",
        required = true,
        description = "Begin with the last N rows.")
    private @Nullable Long last;
  }

  @Override
  public Integer call() throws Exception {
    TailText text = new TailText(table, columns, isColoured());
    ObjectNode request = request(format == Format.json ? columns : text.columns());
    // System.out would hide that nobody reads any more.
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    StandardOutput.whenUnread(() -> Runtime.getRuntime().halt(ExitCode.OK));
    try (TailPages pages = new TailPages(hub, request)) {
      while (true) {
        StringBuilder lines = new StringBuilder();
        for (JsonNode row : pages.next()) {
          lines.append(format == Format.json ? row.toString() : text.line(row)).append('\n');
        }
        try {
          out.write(lines.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
          return ExitCode.OK;
        }
      }
    }
  }

  private ObjectNode request(List<String> wanted) throws UserError {
    ObjectNode request = new ObjectMapper().createObjectNode().put("table", table);
    if (where != null) {
      request.put("where", where);
    }
    if (!wanted.isEmpty()) {
      ArrayNode names = request.putArray("columns");
      wanted.forEach(name -> names.add(name.strip()));
    }
    if (begin != null && begin.last != null) {
      request.put("last", begin.last);
    }
    if (begin != null && begin.since != null) {
      try {
        request.put("sinceMillis", Section.parseDuration(begin.since).toMillis());
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new UserError(
            ExitCode.USAGE,
            "--since: " + e.getMessage() + ", found \"" + TextTable.harmless(begin.since) + "\"");
      }
    }
    return request;
  }

  private static boolean isColoured() {
    String refused = System.getenv("NO_COLOR");
    return (refused == null || refused.isEmpty()) && StandardOutput.isTerminal();
  }
}
