package dev.purser.app;

import dev.purser.transport.QueryClient;
import dev.purser.transport.QueryRejected;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Asks the hub in SQL.
@Command(
    name = "sql",
    description = {
      "Runs one SELECT over the tables of the hub; `purser tables` lists them.",
      "Rows are visible about a second after their record was written; later while the hub takes more"
          + " than it can decode at once: `purser status` shows how far it is.",
      "A query may take two minutes and return a million rows. A cell of a table shows 100 characters,"
          + " json all."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:done",
      "1:the query was refused, or no hub answers",
      "2:the command line or the config file is wrong"
    })
final class SqlCommand implements Callable<Integer> {
  enum Format {
    table,
    json
  }

  @Mixin private HubOptions hub;

  @Option(
      names = "--format",
      description = "table, or json: one array of objects. Default: ${DEFAULT-VALUE}.")
  private Format format = Format.table;

  @Parameters(
      arity = "0..1",
      paramLabel = "SELECT",
      description = "The query; from standard input if it is missing.")
  private @Nullable String query;

  @Override
  public Integer call() throws Exception {
    String sql =
        query == null ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8) : query;
    try (QueryClient client = hub.connect()) {
      switch (format) {
        case json -> {
          // System.out would hide that nobody reads any more, and the query would go on.
          OutputStream out = new FileOutputStream(FileDescriptor.out);
          client.sql(sql, out);
          out.write('\n');
        }
        case table -> {
          ByteArrayOutputStream rows = new ByteArrayOutputStream();
          client.sql(sql, rows);
          TextTable.print(rows.toByteArray(), System.out);
        }
      }
      System.out.flush();
      return ExitCode.OK;
    } catch (QueryRejected | IOException e) {
      throw new UserError(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
  }
}
