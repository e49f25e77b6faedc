package dev.purser.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.transport.CertificatePin;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// How to reach the hub that runs over a data directory: the file `hub.json` in it, there while the
/// hub runs.
///
/// @param url where it listens, as seen from this machine
/// @param pin its certificate
record Session(URI url, CertificatePin pin) {
  private static final String FILE = "hub.json";

  static Session of(InetSocketAddress address, CertificatePin pin) {
    String host =
        address.getAddress().isAnyLocalAddress()
            ? "127.0.0.1"
            : address.getAddress().getHostAddress();
    String shown = host.contains(":") ? "[" + host + "]" : host;
    return new Session(URI.create("https://" + shown + ":" + address.getPort()), pin);
  }

  void write(Path data) throws IOException {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("url", url.toString()).put("certSha256", pin.sha256());
    Path part = data.resolve(FILE + ".part");
    Files.writeString(part, json.toPrettyString() + "\n");
    Files.move(part, data.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
  }

  static void remove(Path data) throws IOException {
    Files.deleteIfExists(data.resolve(FILE));
  }

  static Session read(Path data) throws UserError {
    Path file = data.resolve(FILE);
    try {
      JsonNode json = new ObjectMapper().readTree(Files.readString(file));
      return new Session(
          URI.create(json.path("url").asText()),
          CertificatePin.parse(json.path("certSha256").asText()));
    } catch (AccessDeniedException e) {
      throw new UserError(
          ExitCode.FAILED,
          file
              + " may not be read by this user: run this as the user who runs the hub, or name the hub with"
              + " --hub and its query token with --token-file");
    } catch (IOException e) {
      throw new UserError(
          ExitCode.FAILED,
          "no hub runs over "
              + data
              + " ("
              + file.getFileName()
              + ": "
              + Host.reason(e)
              + "): start one with `purser up`, or name the running one's config with --config, or its"
              + " directory with --data");
    } catch (IllegalArgumentException e) {
      throw new UserError(ExitCode.FAILED, file + " is damaged: start the hub again");
    }
  }
}
