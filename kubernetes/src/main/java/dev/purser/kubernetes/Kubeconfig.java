package dev.purser.kubernetes;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// Files that say how to reach a cluster: what is wrong with them, and whether their cluster
/// answers.
public final class Kubeconfig {
  private static final String PKCS8_BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String PKCS8_END = "-----END PRIVATE KEY-----";

  /// 1.2.840.10045.2.1, id-ecPublicKey (RFC 5480), in DER.
  private static final String EC_OBJECT_ID = "06072a8648ce3d0201";

  private Kubeconfig() {}

  /// A kubeconfig that was found.
  ///
  /// @param context its current context; empty if the file cannot be used
  /// @param server the address of the API server; empty if the file cannot be used
  /// @param answers whether the API server answered
  /// @param detail what is wrong, if it did not answer; else empty
  public record Found(Path file, String context, String server, boolean answers, String detail) {}

  /// Says whether the cluster of a file answers, within `bound`.
  public static Found probe(Path file, Duration bound) throws InterruptedException {
    String context = "";
    String server = "";
    try {
      JsonNode root = parse(file);
      context = root.path("current-context").asText("");
      server = check(file, root);
      try (ApiServer api = connect(file, bound, "to ask for /version")) {
        int code = api.probe();
        boolean lets = code != 401 && code != 403;
        return new Found(
            file,
            context,
            server,
            lets,
            lets ? "" : "the API server refuses its user with " + code);
      }
    } catch (IOException e) {
      return new Found(file, context, server, false, String.valueOf(e.getMessage()));
    }
  }

  /// Makes a client for the current context of a file.
  ///
  /// @param answer how long an answer may take
  /// @param needs what its user must be allowed to do, for the message where it is not
  /// @throws IOException with the file, the context, and what is wrong
  public static ApiServer connect(Path file, Duration answer, String needs) throws IOException {
    Config config = load(file);
    try {
      return new ApiServer(config, Math.toIntExact(answer.toMillis()), needs);
    } catch (KubernetesClientException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          file
              + ": its certificates and keys cannot be used: "
              + ApiServer.quote(String.valueOf(cause.getMessage())),
          e);
    }
  }

  /// Reads a file for use with its current context.
  ///
  /// @throws IOException with the file, the context, and what is wrong
  static Config load(Path file) throws IOException {
    JsonNode root = parse(file);
    String server = check(file, root);
    Config config;
    try {
      config = Config.fromKubeconfig(file.toFile());
    } catch (KubernetesClientException | IllegalArgumentException e) {
      throw new IOException(file + ": cannot be used: " + e.getMessage(), e);
    }
    config.setMasterUrl(server);
    tokenFile(file, root).ifPresent(token -> config.setOauthTokenProvider(() -> token(token)));
    if (isEllipticCurveKey(config)) {
      config.setClientKeyAlgo("EC");
    }
    return config;
  }

  /// Where the user's token is, which the client would not look for. As for kubectl, it counts
  /// before a token that stands in the kubeconfig itself.
  private static Optional<Path> tokenFile(Path file, JsonNode root) {
    for (JsonNode context : root.path("contexts")) {
      if (context.path("name").equals(root.path("current-context"))) {
        for (JsonNode user : root.path("users")) {
          String named = user.path("user").path("tokenFile").asText("");
          if (user.path("name").equals(context.path("context").path("user")) && !named.isEmpty()) {
            return Optional.of(file.toAbsolutePath().resolveSibling(named));
          }
        }
      }
    }
    return Optional.empty();
  }

  /// Read for every request: that of a service account is another each hour.
  private static String token(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      // Refused with 401, which says what to look at.
      return "";
    }
  }

  /// The client takes keys for RSA unless their first line names another algorithm; in PKCS #8,
  /// what openssl writes, it does not.
  private static boolean isEllipticCurveKey(Config config) throws IOException {
    String pem = "";
    if (config.getClientKeyData() != null) {
      pem =
          new String(
              Base64.getDecoder().decode(config.getClientKeyData()), StandardCharsets.US_ASCII);
    } else if (config.getClientKeyFile() != null) {
      pem = Files.readString(Path.of(config.getClientKeyFile()), StandardCharsets.ISO_8859_1);
    }
    int begin = pem.indexOf(PKCS8_BEGIN);
    int end = pem.indexOf(PKCS8_END);
    if (begin < 0 || end < begin) {
      return pem.contains("-----BEGIN EC PRIVATE KEY-----");
    }
    String base64 = pem.substring(begin + PKCS8_BEGIN.length(), end);
    try {
      byte[] der = Base64.getMimeDecoder().decode(base64);
      return HexFormat.of().formatHex(der).contains(EC_OBJECT_ID);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static JsonNode parse(Path file) throws IOException {
    try {
      JsonNode root = new ObjectMapper(new YAMLFactory()).readTree(Files.readString(file));
      if (root == null || !root.isObject()) {
        throw new IOException(file + ": expected a kubeconfig, found no YAML mapping");
      }
      return root;
    } catch (JacksonException e) {
      throw new IOException(
          file + ": line " + e.getLocation().getLineNr() + ": no YAML: " + e.getOriginalMessage(),
          e);
    } catch (NoSuchFileException e) {
      throw new IOException(
          file + ": no such file; name the kubeconfig of the cluster in the config", e);
    } catch (java.nio.file.FileSystemException e) {
      throw new IOException(file + ": cannot be read: " + e.getClass().getSimpleName(), e);
    }
  }

  /// Looks for what is mostly wrong.
  ///
  /// @return the server's address
  private static String check(Path file, JsonNode root) throws IOException {
    String context = root.path("current-context").asText("");
    if (context.isEmpty()) {
      throw new IOException(
          file + ": no current-context; set one with kubectl config use-context NAME");
    }
    String where = file + ": context " + ApiServer.quote(context) + ": ";
    JsonNode chosen = named(root, "contexts", "context", context, where);
    String clusterName = chosen.path("cluster").asText("");
    JsonNode cluster = named(root, "clusters", "cluster", clusterName, where);
    String server = cluster.path("server").asText("");
    if (!server.startsWith("https://") && !server.startsWith("http://")) {
      throw new IOException(
          where + "cluster " + ApiServer.quote(clusterName) + " has no server with https://");
    }
    file(file, cluster, "certificate-authority", where);
    String userName = chosen.path("user").asText("");
    if (!userName.isEmpty()) {
      JsonNode user = named(root, "users", "user", userName, where);
      file(file, user, "client-certificate", where);
      file(file, user, "client-key", where);
      file(file, user, "tokenFile", where);
    }
    return server.endsWith("/") ? server.substring(0, server.length() - 1) : server;
  }

  private static JsonNode named(JsonNode root, String list, String key, String name, String where)
      throws IOException {
    List<String> others = new ArrayList<>();
    for (JsonNode entry : root.path(list)) {
      String found = entry.path("name").asText("");
      if (found.equals(name)) {
        return entry.path(key);
      }
      others.add(found);
    }
    throw new IOException(
        where + "no " + key + " " + ApiServer.quote(name) + " in " + list + ", only " + others);
  }

  /// A file that is named must be readable, data beside it must be base64.
  private static void file(Path config, JsonNode node, String key, String where)
      throws IOException {
    String data = node.path(key + "-data").asText("");
    if (!data.isEmpty()) {
      try {
        Base64.getDecoder().decode(data);
        return;
      } catch (IllegalArgumentException e) {
        throw new IOException(where + key + "-data is no base64", e);
      }
    }
    String name = node.path(key).asText("");
    if (!name.isEmpty()) {
      Path path = config.toAbsolutePath().resolveSibling(name);
      if (!Files.isReadable(path)) {
        throw new IOException(where + key + " " + path + " cannot be read");
      }
    }
  }
}
