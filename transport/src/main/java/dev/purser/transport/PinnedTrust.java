package dev.purser.transport;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/// Trusts the one certificate that has the pin, whatever its names, dates and issuer, and nothing
/// else.
///
/// It is an extended trust manager because Java adds a check of the host's name to any other.
final class PinnedTrust extends X509ExtendedTrustManager {
  private final CertificatePin pin;

  private PinnedTrust(CertificatePin pin) {
    this.pin = pin;
  }

  static SSLContext context(CertificatePin pin) {
    try {
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(null, new TrustManager[] {new PinnedTrust(pin)}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no TLS 1.3", e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("no client is trusted");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("no client is trusted");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("no client is trusted");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }

  private void check(X509Certificate[] chain) throws CertificateException {
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
