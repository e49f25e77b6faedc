package dev.purser.transport;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;

/// Finds out which certificate the hub has that knows our token. It talks to whoever listens there,
/// sends them nothing but a random number, and believes nothing but a proof made with the token for
/// the certificate of that very connection. Immutable.
final class HubProver {
  private final URI hub;
  private final Api api;
  private final Path tokenFile;
  private final HubConnection.Deadlines deadlines;

  HubProver(URI hub, Api api, Path tokenFile, HubConnection.Deadlines deadlines) {
    this.hub = hub;
    this.api = api;
    this.tokenFile = tokenFile;
    this.deadlines = deadlines;
  }

  /// @throws HubRefusal when the answer is no proof, not even a wrong one
  /// @throws UnprovenHub when somebody answers who does not know the token
  /// @throws IOException when nobody answers
  CertificatePin prove(String token) throws IOException {
    byte[] nonce = new byte[HubProof.NONCE_BYTES];
    new SecureRandom().nextBytes(nonce);
    HttpPost request = new HttpPost(hub.resolve(api.proofPath()));
    request.setEntity(new ByteArrayEntity(nonce, ContentType.APPLICATION_OCTET_STREAM));
    HttpClientContext context = HttpClientContext.create();
    byte[] answer;
    // What is exchanged here is no secret, and the certificate is what the proof is about.
    SSLContext anybody = ServerTrust.context(chain -> {});
    try (HubHttp stranger = new HubHttp(anybody, deadlines);
        ClassicHttpResponse response = stranger.open(HttpHost.create(hub), request, context)) {
      answer = body(response);
      if (response.getCode() != 200) {
        throw refusal(response.getCode(), Answers.errorOf(answer));
      }
    }
    CertificatePin shown = shown(context.getSSLSession());
    if (!MessageDigest.isEqual(answer, HubProof.of(api, token, nonce, shown))) {
      throw new UnprovenHub(
          "whoever listens at "
              + hub
              + ", with certificate "
              + shown.shortened()
              + ", does not know the token in "
              + tokenFile
              + ", which was not sent to it: give the hub's "
              + api.word()
              + " token to this side too; if they are the same, somebody stands between");
    }
    return shown;
  }

  private static byte[] body(ClassicHttpResponse response) throws IOException {
    if (response.getEntity() == null) {
      return new byte[0];
    }
    try (InputStream body = response.getEntity().getContent()) {
      return body.readNBytes(Limits.MAX_ERROR_BYTES);
    }
  }

  private HubRefusal refusal(int status, String error) {
    return new HubRefusal(
        status,
        error,
        "the hub at " + hub + " does not prove itself, it answered " + status + ": " + error);
  }

  private static CertificatePin shown(SSLSession session) throws IOException {
    try {
      return CertificatePin.of((X509Certificate) session.getPeerCertificates()[0]);
    } catch (CertificateEncodingException e) {
      throw new IOException("the hub's certificate cannot be encoded", e);
    }
  }
}
