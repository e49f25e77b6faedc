package dev.purser.hub;

import dev.purser.core.config.DataSize;
import dev.purser.lake.LakeConfig;
import dev.purser.transport.ListenAddress;
import dev.purser.transport.Tokens;

/// What the operator chose for a hub.
///
/// @param walBytes the write-ahead log refuses when it is larger
/// @param tokens that the operator provides; the hub makes the others
public record HubSettings(
    ListenAddress listen, LakeConfig lake, DataSize walBytes, Tokens.Files tokens) {
  public static final ListenAddress DEFAULT_LISTEN = ListenAddress.parse("127.0.0.1:7443");
  public static final DataSize DEFAULT_WAL = DataSize.ofMegabytes(4096);
}
