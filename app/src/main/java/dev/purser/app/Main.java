package dev.purser.app;

import dev.purser.core.config.ConfigException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
  private static final Map<String, Class<?>> COMMANDS =
      new TreeMap<>(
          Map.of(
              "up", UpCommand.class,
              "agent", AgentCommand.class,
              "hub", HubCommand.class,
              "sql", SqlCommand.class,
              "tables", TablesCommand.class,
              "status", StatusCommand.class,
              "config", ConfigCommand.class,
              "version", VersionCommand.class));

  private Main() {}

  public static void main(String[] args) {
    System.exit(commandLine(args).execute(args));
  }

  /// The tool with the command that is named first; with all where none is. Reading the annotations
  /// of all takes picocli a third of a second.
  private static CommandLine commandLine(String[] args) {
    CommandLine tool = new CommandLine(new Main());
    Class<?> named = args.length == 0 ? null : COMMANDS.get(args[0]);
    (named == null ? COMMANDS.values() : List.of(named)).forEach(tool::addSubcommand);
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
