package dev.purser.transport;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where a hub listens: `host:port`, an IPv6 address in brackets. Port 0 takes a free one.
public record ListenAddress(String host, int port) {
  private static final Pattern FORM =
      Pattern.compile("(\\[[0-9A-Fa-f:.%]+\\]|[^:\\[\\]]+):([0-9]{1,5})");
  private static final int MAX_PORT = 65_535;

  /// @throws IllegalArgumentException when `text` is none
  public static ListenAddress parse(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > MAX_PORT) {
      throw new IllegalArgumentException(
          "expected host:port with a port up to "
              + MAX_PORT
              + ", such as 127.0.0.1:7443, found \""
              + text
              + "\"");
    }
    String host = matcher.group(1);
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    return new ListenAddress(host, Integer.parseInt(matcher.group(2)));
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
