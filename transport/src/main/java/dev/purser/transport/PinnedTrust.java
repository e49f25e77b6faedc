package dev.purser.transport;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;

/// Trusts the one certificate that has the pin, whatever its names, dates and issuer, and nothing
/// else.
final class PinnedTrust {
  private PinnedTrust() {}

  static SSLContext context(CertificatePin pin) {
    return ServerTrust.context(chain -> check(chain, pin));
  }

  private static void check(X509Certificate[] chain, CertificatePin pin)
      throws CertificateException {
    if (chain.length == 0) {
      throw new CertificateException("no certificate");
    }
    CertificatePin shown = CertificatePin.of(chain[0]);
    if (!shown.equals(pin)) {
      throw new Mismatch(shown, pin);
    }
  }

  /// The far side is somebody else, or the hub has a new certificate.
  static final class Mismatch extends CertificateException {
    private static final long serialVersionUID = 1;

    Mismatch(CertificatePin shown, CertificatePin expected) {
      super(
          "its certificate has SHA-256 " + shown.shortened() + " and not " + expected.shortened());
    }
  }
}
