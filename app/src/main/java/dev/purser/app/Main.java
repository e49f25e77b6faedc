package dev.purser.app;

import dev.purser.core.config.ConfigException;
import java.io.PrintWriter;
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
    },
    subcommands = {
      UpCommand.class,
      AgentCommand.class,
      HubCommand.class,
      SqlCommand.class,
      TablesCommand.class,
      StatusCommand.class,
      ConfigCommand.class,
      VersionCommand.class
    })
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main()).setExecutionExceptionHandler(Main::report);
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
