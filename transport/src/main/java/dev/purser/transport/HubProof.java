package dev.purser.transport;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// How a hub shows that it knows a token without telling it: docs/formats/transport.md, "Proof".
///
/// The certificate is that of the connection on which the answer comes. So an answer that somebody
/// between the two fetches from the true hub fits the true hub's certificate only, and an answer to
/// another nonce fits nothing.
final class HubProof {
  static final int NONCE_BYTES = 32;
  static final int ANSWER_BYTES = 32;

  private static final String ALGORITHM = "HmacSHA256";
  private static final String DOMAIN = "purser-hub-proof-1:";

  private HubProof() {}

  /// The one right answer.
  ///
  /// @param nonce of 32 bytes, as is the certificate's digest: no two inputs have one message
  static byte[] of(Api api, String token, byte[] nonce, CertificatePin certificate) {
    if (nonce.length != NONCE_BYTES) {
      throw new IllegalArgumentException("a nonce of " + nonce.length + " bytes");
    }
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.US_ASCII), ALGORITHM));
      mac.update((DOMAIN + api.word() + ":").getBytes(StandardCharsets.US_ASCII));
      mac.update(nonce);
      return mac.doFinal(HexFormat.of().parseHex(certificate.sha256()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HMAC-SHA256", e);
    }
  }
}
