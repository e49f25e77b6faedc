package dev.purser.app;

import dev.purser.core.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The config file, looked at without starting anything.
@Command(name = "config", description = "Looks at a config file.", mixinStandardHelpOptions = true)
final class ConfigCommand {
  @Spec private CommandSpec spec;

  @Command(
      name = "check",
      description = {
        "Reports all faults of a config file. Exits with 2 if there are any.",
        "That this user cannot write the data directory on this machine is told, but is no fault:"
            + " Purser may run as another, elsewhere."
      },
      mixinStandardHelpOptions = true)
  int check(@Parameters(paramLabel = "FILE", description = "The config file.") Path file)
      throws ConfigException, UserError {
    Config config = Config.load(file);
    Path data = config.data();
    Path nearest = nearest(data);
    if (isInTheWay(nearest)) {
      throw new ConfigException(
          file.toString(),
          List.of("data: " + nearest + " is no directory: name another, or take it away"));
    }
    if (!Files.isWritable(nearest)) {
      spec.commandLine()
          .getErr()
          .println(file + ": data: " + nearest + " cannot be written: " + reason(nearest));
    }
    spec.commandLine()
        .getOut()
        .println(file + ": good. Cluster " + config.cluster() + ", data in " + data + ".");
    return ExitCode.OK;
  }

  /// The directory, or the first above it that is there, be it a link to nowhere.
  private static Path nearest(Path directory) {
    Path parent = directory.getParent();
    return parent == null || Files.exists(directory, LinkOption.NOFOLLOW_LINKS)
        ? directory
        : nearest(parent);
  }

  /// A link into what this user may not enter may well lead to a directory.
  private static boolean isInTheWay(Path nearest) {
    try {
      return !Files.readAttributes(nearest, BasicFileAttributes.class).isDirectory();
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static String reason(Path directory) {
    try {
      if (Files.getFileStore(directory).isReadOnly()) {
        return "its file system is read-only; name another";
      }
    } catch (IOException e) {
      return Host.reason(e);
    }
    return "this user has no right to; give it to the one who runs Purser, or name another";
  }
}
