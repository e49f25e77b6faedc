package dev.purser.app;

import dev.purser.core.config.ConfigException;
import dev.purser.transport.CertificatePin;
import dev.purser.transport.QueryClient;
import dev.purser.transport.Tokens;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options that say which hub to ask: the one that runs over a config's data directory, or one
/// named.
final class HubOptions {
  @Mixin private ConfigOptions config;

  @Option(
      names = "--hub",
      paramLabel = "URL",
      description =
          "A hub elsewhere, such as https://hub:7443; needs --token-file and --cert-sha256.")
  private @Nullable URI url;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "The file with the query token; the hub's query.token.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--cert-sha256",
      paramLabel = "HEX",
      description = "SHA-256 of the hub's certificate, as the hub prints it when it starts.")
  private @Nullable String certSha256;

  QueryClient connect() throws UserError, ConfigException {
    if (url == null) {
      Path data = config.load().data();
      Session session = Session.read(data);
      return new QueryClient(session.url(), session.pin(), data.resolve(Tokens.QUERY_FILE));
    }
    if (tokenFile == null || certSha256 == null) {
      throw new UserError(ExitCode.USAGE, "--hub needs --token-file and --cert-sha256 beside it");
    }
    try {
      return new QueryClient(url, CertificatePin.parse(certSha256), tokenFile);
    } catch (IllegalArgumentException e) {
      throw new UserError(ExitCode.USAGE, "--cert-sha256: " + e.getMessage());
    }
  }
}
