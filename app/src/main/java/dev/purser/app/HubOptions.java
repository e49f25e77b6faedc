package dev.purser.app;

import dev.purser.core.config.ConfigException;
import dev.purser.transport.CertificatePin;
import dev.purser.transport.QueryClient;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
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

  /// A client for single questions.
  QueryClient connect() throws UserError, ConfigException {
    return reach(QueryClient::of);
  }

  /// A client that follows. Where the hub runs over a data directory it is looked up anew: it may
  /// have started again elsewhere.
  QueryClient follow() throws UserError, ConfigException {
    return reach(QueryClient::ofTail);
  }

  private interface Way {
    QueryClient to(URI url, Optional<CertificatePin> pin, Path tokenFile);
  }

  private QueryClient reach(Way way) throws UserError, ConfigException {
    if (url == null) {
      Config known = config.load();
      Session session = Session.read(known.data());
      return way.to(
          session.url(), Optional.of(session.pin()), known.hub().queryToken(known.data()));
    }
    if (tokenFile == null) {
      throw new UserError(ExitCode.USAGE, "--hub needs --token-file beside it");
    }
    try {
      Optional<CertificatePin> pin = Optional.empty();
      if (certSha256 != null) {
        pin = Optional.of(pin(certSha256));
      }
      return way.to(url, pin, tokenFile);
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
