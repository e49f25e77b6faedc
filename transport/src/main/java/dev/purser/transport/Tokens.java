package dev.purser.transport;

import dev.purser.core.disk.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

/// The hub's two credentials. Thread-safe.
public final class Tokens {
  public static final String INGEST_FILE = "ingest.token";
  public static final String QUERY_FILE = "query.token";

  private static final int MAX_PRESENTED_CHARS = 1024;

  private final TokenFile ingest;
  private final TokenFile query;

  private Tokens(TokenFile ingest, TokenFile query) {
    this.ingest = ingest;
    this.query = query;
  }

  /// Reads both of a data directory, and makes those that are missing.
  ///
  /// @throws IOException when one is readable by others, or is no token; the message says what to
  ///   do
  public static Tokens open(Path dataDirectory, Disk disk) throws IOException {
    return open(dataDirectory, disk, Files.NONE);
  }

  /// As [#open(Path, Disk)], but for those that the operator provides.
  public static Tokens open(Path dataDirectory, Disk disk, Files given) throws IOException {
    Tokens tokens =
        new Tokens(
            one(given.ingest(), dataDirectory.resolve(INGEST_FILE), disk),
            one(given.query(), dataDirectory.resolve(QUERY_FILE), disk));
    tokens.opens("");
    return tokens;
  }

  private static TokenFile one(Optional<Path> given, Path own, Disk disk) throws IOException {
    return given.isPresent() ? TokenFile.given(given.get(), disk) : TokenFile.own(own, disk);
  }

  /// Whose token it is, if it is one. Takes the same time for each token of one length.
  ///
  /// @throws IOException when the files cannot tell: nobody is let in then
  Optional<Api> opens(String presented) throws IOException {
    byte[] ingestHash = hash(ingest.read());
    byte[] queryHash = hash(query.read());
    if (MessageDigest.isEqual(ingestHash, queryHash)) {
      throw new IOException(
          ingest
              + " and "
              + query
              + " are the same, and agents could ask or users send records: give one of them"
              + " another token; one in the hub's data directory is made anew at the next start"
              + " after it was removed");
    }
    if (presented.length() > MAX_PRESENTED_CHARS) {
      return Optional.empty();
    }
    byte[] hash = hash(presented);
    boolean opensIngest = MessageDigest.isEqual(hash, ingestHash);
    boolean opensQuery = MessageDigest.isEqual(hash, queryHash);
    if (opensIngest) {
      return Optional.of(Api.INGEST);
    }
    return opensQuery ? Optional.of(Api.QUERY) : Optional.empty();
  }

  /// The token itself, as it is now.
  String read(Api api) throws IOException {
    return switch (api) {
      case INGEST -> ingest.read();
      case QUERY -> query.read();
    };
  }

  private static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /// Tokens that the operator provides, such as a mounted Secret; the hub makes the others itself.
  public record Files(Optional<Path> ingest, Optional<Path> query) {
    public static final Files NONE = new Files(Optional.empty(), Optional.empty());
  }
}
