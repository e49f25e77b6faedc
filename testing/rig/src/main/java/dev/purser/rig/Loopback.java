package dev.purser.rig;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/// This machine, as programs under test reach it.
public final class Loopback {
  private Loopback() {}

  /// A port at which nobody listens, for a listener that is to come back at the same one, or for
  /// none.
  public static int unusedPort() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return taken.getLocalPort();
    }
  }
}
