package dev.purser.app;

import dev.purser.core.config.DataSize;
import dev.purser.core.config.Section;
import dev.purser.hub.HubSettings;
import dev.purser.transport.CertificatePin;
import dev.purser.transport.ListenAddress;
import dev.purser.transport.Tokens;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/// The section `hub` of the config: where the hub listens (role hub), and how an agent finds it
/// (role agent).
///
/// @param walBytes the hub refuses when its write-ahead log is larger
/// @param tokens of the hub, where the operator provides them
/// @param certSha256 of the hub; one that is not told is that of the hub which proves to know the
///   token
record HubSection(
    ListenAddress listen,
    DataSize walBytes,
    Tokens.Files tokens,
    Optional<URI> url,
    Optional<CertificatePin> certSha256,
    Optional<Path> tokenFile) {
  private static final DataSize LEAST_WAL = DataSize.ofMegabytes(16);

  static HubSection read(Section section) {
    HubSection hub =
        new HubSection(
            parse(section, "listen", ListenAddress::parse).orElse(HubSettings.DEFAULT_LISTEN),
            walBytes(section),
            new Tokens.Files(
                section.string("ingestTokenFile").map(Path::of),
                section.string("queryTokenFile").map(Path::of)),
            parse(section, "url", HubSection::https),
            parse(section, "certSha256", CertificatePin::parse),
            section.string("tokenFile").map(Path::of));
    section.finish();
    return hub;
  }

  /// The file of the token that opens queries.
  ///
  /// @param data the hub's data directory
  Path queryToken(Path data) {
    return tokens.query().orElseGet(() -> data.resolve(Tokens.QUERY_FILE));
  }

  /// The file of the token that agents need.
  ///
  /// @param data the hub's data directory
  Path ingestToken(Path data) {
    return tokens.ingest().orElseGet(() -> data.resolve(Tokens.INGEST_FILE));
  }

  private static DataSize walBytes(Section section) {
    DataSize size = section.size("walBytes").orElse(HubSettings.DEFAULT_WAL);
    if (size.bytes() < LEAST_WAL.bytes()) {
      section.fault("walBytes", "expected at least " + LEAST_WAL + ", found " + size);
    }
    return size;
  }

  private static URI https(String text) {
    try {
      URI uri = new URI(text);
      if ("https".equals(uri.getScheme()) && uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Told below.
    }
    throw new IllegalArgumentException(
        "expected an address such as https://hub:7443, found \"" + text + "\"");
  }

  static <T> Optional<T> parse(Section section, String key, Function<String, T> parser) {
    Optional<String> text = section.string(key);
    try {
      return text.map(parser);
    } catch (IllegalArgumentException e) {
      section.fault(key, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }
}
