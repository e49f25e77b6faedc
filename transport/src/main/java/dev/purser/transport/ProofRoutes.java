package dev.purser.transport;

import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;

/// Where the hub proves to know a token, to whoever asks: it is asked by clients that do not know
/// yet whether this is their hub, and so must not send their token.
final class ProofRoutes implements HttpService {
  private final Tokens tokens;
  private final CertificatePin certificate;
  private final RateLimit limit = new RateLimit(Limits.MAX_PROOFS_PER_SECOND, System::nanoTime);

  ProofRoutes(Tokens tokens, CertificatePin certificate) {
    this.tokens = tokens;
    this.certificate = certificate;
  }

  @Override
  public void routing(HttpRules rules) {
    for (Api api : Api.values()) {
      rules.post(api.proofPath(), (request, response) -> prove(api, request, response));
    }
  }

  private void prove(Api api, ServerRequest request, ServerResponse response) throws IOException {
    if (!limit.take()) {
      throw new HttpException(
          "the hub proves itself to as many as it may: try again in a second",
          Status.TOO_MANY_REQUESTS_429);
    }
    int length = Bodies.declared(request, HubProof.NONCE_BYTES, "nonce");
    if (length != HubProof.NONCE_BYTES) {
      throw new HttpException(
          "a nonce of " + length + " bytes; send " + HubProof.NONCE_BYTES + " fresh random bytes",
          Status.BAD_REQUEST_400);
    }
    byte[] nonce = new byte[length];
    Bodies.readExactly(request, nonce, length, "nonce");
    Answers.send(response, Answers.BINARY, HubProof.of(api, tokens.read(api), nonce, certificate));
  }
}
