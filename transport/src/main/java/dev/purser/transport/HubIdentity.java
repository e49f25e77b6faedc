package dev.purser.transport;

import dev.purser.core.disk.Disk;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.bouncycastle.util.io.pem.PemWriter;
import org.jspecify.annotations.Nullable;

/// The hub's key and self-signed certificate: `hub.pem` in its data directory. Whoever connects
/// pins the certificate, so losing the file means to configure every agent anew. Immutable.
public final class HubIdentity {
  public static final String FILE = "hub.pem";

  private static final Duration VALID = Duration.ofDays(3653);
  private static final Duration CLOCK_SKEW = Duration.ofDays(1);
  private static final int SERIAL_BITS = 127;
  private static final String KEY = "PRIVATE KEY";
  private static final String CERTIFICATE = "CERTIFICATE";
  private static final String SIGNATURE = "SHA256withECDSA";
  private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  private static final Pattern DNS_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,252})");

  private final PrivateKey key;
  private final X509Certificate certificate;
  private final CertificatePin pin;

  private HubIdentity(PrivateKey key, X509Certificate certificate)
      throws CertificateEncodingException {
    this.key = key;
    this.certificate = certificate;
    this.pin = CertificatePin.of(certificate);
  }

  /// Reads the identity, and makes one where there is none.
  ///
  /// @param hostNames names by which the hub is reached; what is neither a DNS name nor an address
  ///   is left out
  /// @param now when a new certificate begins to be valid
  /// @throws IOException when the file is damaged, or readable by others; the message says what to
  ///   do
  public static HubIdentity open(Path dataDirectory, Disk disk, List<String> hostNames, Instant now)
      throws IOException {
    Path path = dataDirectory.resolve(FILE);
    SecretFile file = new SecretFile(path, disk);
    try {
      if (!file.exists()) {
        file.create(create(hostNames, now).pem());
      }
      return read(path, file.read());
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException("cannot make a key and certificate for " + path, e);
    }
  }

  /// What agents pin.
  public CertificatePin certSha256() {
    return pin;
  }

  /// The certificate in PEM, for clients other than Purser's.
  public String certificatePem() throws IOException {
    try {
      return pem(new PemObject(CERTIFICATE, certificate.getEncoded()));
    } catch (CertificateEncodingException e) {
      throw new IOException("cannot encode the hub's certificate", e);
    }
  }

  SSLContext serverContext() throws IOException {
    try {
      char[] inMemoryOnly = new char[0];
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("hub", key, inMemoryOnly, new Certificate[] {certificate});
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(store, inMemoryOnly);
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(managers.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot use the hub's key for TLS", e);
    }
  }

  private static HubIdentity create(List<String> hostNames, Instant now)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair pair = generator.generateKeyPair();
    X500NameBuilder name = new X500NameBuilder(BCStyle.INSTANCE);
    name.addRDN(BCStyle.CN, "Purser hub");
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name.build(),
            new BigInteger(SERIAL_BITS, new SecureRandom()).setBit(0),
            Date.from(now.minus(CLOCK_SKEW)),
            Date.from(now.plus(VALID)),
            name.build(),
            pair.getPublic());
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(Extension.subjectAlternativeName, false, names(hostNames));
    X509Certificate certificate =
        new JcaX509CertificateConverter()
            .getCertificate(
                builder.build(new JcaContentSignerBuilder(SIGNATURE).build(pair.getPrivate())));
    return new HubIdentity(pair.getPrivate(), certificate);
  }

  private static GeneralNames names(List<String> hostNames) {
    Set<String> all = new LinkedHashSet<>(hostNames);
    all.addAll(List.of("localhost", "127.0.0.1", "::1"));
    List<GeneralName> names = new ArrayList<>();
    for (String name : all) {
      if (IPV4.matcher(name).matches() || name.indexOf(':') >= 0) {
        names.add(new GeneralName(GeneralName.iPAddress, name));
      } else if (DNS_NAME.matcher(name).matches()) {
        names.add(new GeneralName(GeneralName.dNSName, name));
      }
    }
    return new GeneralNames(names.toArray(GeneralName[]::new));
  }

  private byte[] pem() throws IOException, CertificateEncodingException {
    String text =
        pem(new PemObject(KEY, key.getEncoded()))
            + pem(new PemObject(CERTIFICATE, certificate.getEncoded()));
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String pem(PemObject object) throws IOException {
    StringWriter text = new StringWriter();
    try (PemWriter writer = new PemWriter(text)) {
      writer.writeObject(object);
    }
    return text.toString();
  }

  private static HubIdentity read(Path path, byte[] content) throws IOException {
    PrivateKey key = null;
    X509Certificate certificate = null;
    try (PemReader reader =
        new PemReader(new StringReader(new String(content, StandardCharsets.ISO_8859_1)))) {
      for (PemObject object = reader.readPemObject();
          object != null;
          object = reader.readPemObject()) {
        if (object.getType().equals(KEY)) {
          key =
              KeyFactory.getInstance("EC")
                  .generatePrivate(new PKCS8EncodedKeySpec(object.getContent()));
        } else if (object.getType().equals(CERTIFICATE)) {
          certificate =
              (X509Certificate)
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new java.io.ByteArrayInputStream(object.getContent()));
        }
      }
      if (key == null || certificate == null) {
        throw damaged(path, "it holds no key and certificate", null);
      }
      if (!fit(key, certificate)) {
        throw damaged(path, "its key is not its certificate's", null);
      }
      return new HubIdentity(key, certificate);
    } catch (GeneralSecurityException | RuntimeException e) {
      throw damaged(path, "it does not parse", e);
    } catch (Damaged e) {
      throw e;
    } catch (IOException e) {
      throw damaged(path, "it does not parse", e);
    }
  }

  private static boolean fit(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    byte[] probe = {1, 2, 3};
    Signature signer = Signature.getInstance(SIGNATURE);
    signer.initSign(key);
    signer.update(probe);
    byte[] signature = signer.sign();
    Signature verifier = Signature.getInstance(SIGNATURE);
    verifier.initVerify(certificate.getPublicKey());
    verifier.update(probe);
    return verifier.verify(signature);
  }

  private static Damaged damaged(Path path, String how, @Nullable Throwable cause) {
    return new Damaged(
        path
            + " is damaged, "
            + how
            + ": restore it from a backup; or remove it, start the hub, and give its new"
            + " certSha256 to every agent",
        cause);
  }

  /// The file is not what [#open] wrote.
  private static final class Damaged extends IOException {
    private static final long serialVersionUID = 1;

    Damaged(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
