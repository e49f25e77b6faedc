package dev.purser.sources.logs;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/// A hash of the first bytes of a file, with how many they are, so that it can be verified when
/// there are more.
///
/// Two CRCs side by side: 64 bits, both with hardware support. It tells contents apart, and is no
/// defence against somebody who forges them.
///
/// @param length 0 to [#MAX_BYTES]
record Fingerprint(int length, long hash) {
  static final int MAX_BYTES = 1024;
  static final Fingerprint EMPTY = new Fingerprint(0, 0);

  /// Of all bytes of `head`, which begins at the file's first.
  static Fingerprint of(ByteBuffer head) {
    CRC32C castagnoli = new CRC32C();
    castagnoli.update(head.duplicate());
    CRC32 ieee = new CRC32();
    ieee.update(head.duplicate());
    return new Fingerprint(head.remaining(), castagnoli.getValue() << 32 | ieee.getValue());
  }

  /// Of the first line of `head`, or of all of it if the line does not end there. A complete line
  /// gives the same whenever it is computed; hence it can be part of a name.
  static Fingerprint ofFirstLine(ByteBuffer head) {
    for (int i = head.position(); i < head.limit(); i++) {
      if (head.get(i) == '\n') {
        return of(head.slice(head.position(), i + 1 - head.position()));
      }
    }
    return of(head);
  }

  /// Whether `head` begins with the same bytes.
  boolean matches(ByteBuffer head) {
    return head.remaining() >= length && of(head.slice(head.position(), length)).hash == hash;
  }

  /// Reads what [#toString] wrote.
  static Optional<Fingerprint> parse(String text) {
    int dash = text.indexOf('-');
    if (dash < 0) {
      return Optional.empty();
    }
    try {
      int length = Integer.parseInt(text.substring(0, dash));
      long hash = Long.parseUnsignedLong(text.substring(dash + 1), 16);
      return length < 0 || length > MAX_BYTES
          ? Optional.empty()
          : Optional.of(new Fingerprint(length, hash));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return length + "-" + Long.toHexString(hash);
  }
}
