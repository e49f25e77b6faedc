package dev.purser.transport;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Locale;

/// The SHA-256 of a certificate's DER form: whom a client talks to.
///
/// @param sha256 64 hex digits, lower case
public record CertificatePin(String sha256) {
  private static final int HEX_DIGITS = 64;
  private static final int SHOWN = 8;

  public CertificatePin {
    long digits = sha256.chars().filter(CertificatePin::isLowerHex).count();
    if (sha256.length() != HEX_DIGITS || digits != HEX_DIGITS) {
      // Not what was found: it may be a token in the wrong place.
      throw new IllegalArgumentException(
          "expected a SHA-256 of "
              + HEX_DIGITS
              + " hex digits, as `purser hub` prints it, found "
              + sha256.length()
              + " characters, "
              + digits
              + " of them hex digits");
    }
  }

  /// Reads a pin as people write it: any case, with or without colons.
  ///
  /// @throws IllegalArgumentException when it is none
  public static CertificatePin parse(String text) {
    return new CertificatePin(text.strip().replace(":", "").toLowerCase(Locale.ROOT));
  }

  static CertificatePin of(X509Certificate certificate) throws CertificateEncodingException {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
      return new CertificatePin(HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /// Enough of it to tell two apart in a message.
  public String shortened() {
    return sha256.substring(0, SHOWN) + "…" + sha256.substring(HEX_DIGITS - SHOWN);
  }

  @Override
  public String toString() {
    return sha256;
  }

  private static boolean isLowerHex(int c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }
}
