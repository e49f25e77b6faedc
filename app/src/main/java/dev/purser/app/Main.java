package dev.purser.app;

import dev.purser.core.config.ConfigException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The `purser` command.
@Command(
    name = "purser",
    description =
        "Collects, keeps and watches the security-relevant records of a Kubernetes cluster.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:done",
      "1:the work failed: a query was refused, no hub answers, a disk failed",
      "2:the command line or the config file is wrong"
    })
public final class Main {
  /// In the order of the help, by what users type.
  private static final List<Map.Entry<String, Class<?>>> COMMANDS =
      List.of(
          Map.entry("up", UpCommand.class),
          Map.entry("agent", AgentCommand.class),
          Map.entry("hub", HubCommand.class),
          Map.entry("sql", SqlCommand.class),
          Map.entry("tail", TailCommand.class),
          Map.entry("tables", TablesCommand.class),
          Map.entry("status", StatusCommand.class),
          Map.entry("config", ConfigCommand.class),
          Map.entry("version", VersionCommand.class));

  private Main() {}

  public static void main(String[] args) {
    NativeLibraries.locate();
    System.exit(commandLine(args).execute(args));
  }

  /// The tool with the command that is named first; with all where none is: picocli reads the
  /// annotations of each, a tenth of a second in all.
  private static CommandLine commandLine(String[] args) {
    CommandLine tool = new CommandLine(new Main());
    List<Map.Entry<String, Class<?>>> named =
        COMMANDS.stream().filter(it -> args.length > 0 && it.getKey().equals(args[0])).toList();
    (named.isEmpty() ? COMMANDS : named).forEach(it -> tool.addSubcommand(it.getValue()));
    return tool.setExecutionExceptionHandler(Main::report);
  }

  /// The user's mistakes in a line each; anything else is our bug, with its stack trace.
  private static int report(
      Exception e, CommandLine commandLine, CommandLine.ParseResult parseResult) throws Exception {
    PrintWriter err = commandLine.getErr();
    if (e instanceof UserError error) {
      err.println("purser: " + error.getMessage());
      return error.exitCode();
    }
    if (e instanceof ConfigException faults) {
      err.println(faults.getMessage());
      return ExitCode.USAGE;
    }
    throw e;
  }
}
