package dev.purser.app;

import dev.purser.core.config.ConfigException;
import dev.purser.transport.CertificatePin;
import dev.purser.transport.QueryClient;
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
      description = "A hub elsewhere, such as https://hub:7443; needs --token-file.")
  private @Nullable URI url;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "The file with the query token; the hub's query.token.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--cert-sha256",
      paramLabel = "HEX",
      description =
          "SHA-256 of the hub's certificate, as the hub prints it when it starts. Without it the hub"
              + " must prove to know the token before it is sent.")
  private @Nullable String certSha256;

  QueryClient connect() throws UserError, ConfigException {
    if (url == null) {
      Config known = config.load();
      Session session = Session.read(known.data());
      return new QueryClient(session.url(), session.pin(), known.hub().queryToken(known.data()));
    }
    if (tokenFile == null) {
      throw new UserError(ExitCode.USAGE, "--hub needs --token-file beside it");
    }
    try {
      return certSha256 == null
          ? new QueryClient(url, tokenFile)
          : new QueryClient(url, pin(certSha256), tokenFile);
    } catch (IllegalArgumentException e) {
      throw new UserError(ExitCode.USAGE, "--hub: " + e.getMessage());
    }
  }

  private static CertificatePin pin(String text) throws UserError {
    try {
      return CertificatePin.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UserError(ExitCode.USAGE, "--cert-sha256: " + e.getMessage());
    }
  }
}
