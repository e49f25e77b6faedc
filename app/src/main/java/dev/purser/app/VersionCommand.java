package dev.purser.app;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// Prints the version that the build wrote into `version.properties`.
@Command(name = "version", description = "Prints the version.", mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer>, IVersionProvider {
  private static final String RESOURCE = "version.properties";

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    spec.commandLine().getOut().println(version());
    return 0;
  }

  @Override
  public String[] getVersion() throws IOException {
    return new String[] {version()};
  }

  static String version() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = VersionCommand.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("resource missing beside VersionCommand: " + RESOURCE);
      }
      properties.load(in);
    }
    String version = properties.getProperty("version");
    if (version == null) {
      throw new IllegalStateException("no key 'version' in resource " + RESOURCE);
    }
    return version;
  }
}
