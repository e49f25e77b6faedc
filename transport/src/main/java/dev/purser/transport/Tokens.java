package dev.purser.transport;

import dev.purser.core.disk.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/// The hub's two credentials, in files of its data directory. Only their hashes are kept in memory.
/// Immutable.
public final class Tokens {
  public static final String INGEST_FILE = "ingest.token";
  public static final String QUERY_FILE = "query.token";

  private static final int RANDOM_BYTES = 32;
  private static final int MAX_PRESENTED_CHARS = 1024;
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{43,256}");

  private final byte[] ingestHash;
  private final byte[] queryHash;

  private Tokens(byte[] ingestHash, byte[] queryHash) {
    this.ingestHash = ingestHash;
    this.queryHash = queryHash;
  }

  /// Reads both, and makes those that are missing.
  ///
  /// @throws IOException when one is readable by others, or is no token; the message says what to
  ///   do
  public static Tokens open(Path dataDirectory, Disk disk) throws IOException {
    byte[] ingest = openOne(dataDirectory.resolve(INGEST_FILE), disk);
    byte[] query = openOne(dataDirectory.resolve(QUERY_FILE), disk);
    if (MessageDigest.isEqual(ingest, query)) {
      throw new IOException(
          INGEST_FILE
              + " and "
              + QUERY_FILE
              + " in "
              + dataDirectory
              + " are the same: remove one, a new one is made at the next start");
    }
    return new Tokens(ingest, query);
  }

  /// Whose token it is. Takes the same time for each token of one length.
  Opens opens(String presented) {
    if (presented.length() > MAX_PRESENTED_CHARS) {
      return Opens.NOTHING;
    }
    byte[] hash = hash(presented);
    boolean ingest = MessageDigest.isEqual(hash, ingestHash);
    boolean query = MessageDigest.isEqual(hash, queryHash);
    if (ingest) {
      return Opens.INGEST;
    }
    return query ? Opens.QUERY : Opens.NOTHING;
  }

  private static byte[] openOne(Path path, Disk disk) throws IOException {
    SecretFile file = new SecretFile(path, disk);
    if (!file.exists()) {
      byte[] random = new byte[RANDOM_BYTES];
      new SecureRandom().nextBytes(random);
      String token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
      file.create((token + "\n").getBytes(StandardCharsets.US_ASCII));
    }
    String token = new String(file.read(), StandardCharsets.ISO_8859_1).strip();
    if (!FORM.matcher(token).matches()) {
      throw new IOException(
          path
              + " is no token (expected one line of 43 or more of A-Z a-z 0-9 _ -): remove it, a"
              + " new one is made at the next start, and give it to whoever used the old one");
    }
    return hash(token);
  }

  private static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /// Which API a token opens.
  enum Opens {
    INGEST,
    QUERY,
    NOTHING
  }
}
