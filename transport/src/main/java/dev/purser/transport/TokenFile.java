package dev.purser.transport;

import dev.purser.core.disk.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/// One of the hub's tokens: a file that the hub made in its data directory, or one that it was
/// given, such as a mounted Secret. It is read whenever it is needed, so that a new one counts at
/// once, and is kept nowhere else. Immutable.
///
/// Whoever asks the hub for a proof can try tokens against the answer elsewhere, as many as they
/// have time for: hence the rules of length and variety.
final class TokenFile {
  private static final int RANDOM_BYTES = 32;
  private static final Pattern OWN = Pattern.compile("[A-Za-z0-9_-]{43,256}");

  /// What a bearer token may hold (RFC 6750, b68token).
  private static final Pattern GIVEN = Pattern.compile("[A-Za-z0-9._~+/=-]{32,256}");

  /// A random token of 32 hexadecimal digits has fewer once in ten million times.
  private static final int LEAST_VARIETY = 8;

  private final SecretFile file;
  private final Path path;
  private final boolean given;

  private TokenFile(Path path, Disk disk, boolean given) {
    this.file = new SecretFile(path, disk);
    this.path = path;
    this.given = given;
  }

  /// One of the hub's own, made now if it is missing.
  static TokenFile own(Path path, Disk disk) throws IOException {
    TokenFile token = new TokenFile(path, disk, false);
    if (!token.file.exists()) {
      byte[] random = new byte[RANDOM_BYTES];
      new SecureRandom().nextBytes(random);
      String fresh = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
      token.file.create((fresh + "\n").getBytes(StandardCharsets.US_ASCII));
    }
    return token;
  }

  /// One that the operator provides.
  static TokenFile given(Path path, Disk disk) {
    return new TokenFile(path, disk, true);
  }

  /// The token as it is now.
  ///
  /// @throws IOException when it is missing, readable by others, or no token; the message says what
  ///   to do
  String read() throws IOException {
    byte[] content = given ? file.readShared() : file.read();
    String token = new String(content, StandardCharsets.ISO_8859_1).strip();
    if (given && !(GIVEN.matcher(token).matches() && hasVariety(token))) {
      throw new IOException(
          path
              + " is no token (expected one line of 32 to 256 random characters of A-Z a-z 0-9 . _ ~"
              + " + / = -): make one with `openssl rand -hex 32`, and give it to agents or users too");
    }
    if (!given && !OWN.matcher(token).matches()) {
      throw new IOException(
          path
              + " is no token (expected one line of 43 or more of A-Z a-z 0-9 _ -): remove it, a"
              + " new one is made at the next start, and give it to whoever used the old one");
    }
    return token;
  }

  private static boolean hasVariety(String token) {
    return token.chars().distinct().count() >= LEAST_VARIETY;
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
