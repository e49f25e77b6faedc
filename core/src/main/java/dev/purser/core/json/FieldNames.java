package dev.purser.core.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The names of the fields that a reader knows, found by their bytes. Immutable.
public final class FieldNames {
  private final byte[][] names;
  private final int[][] byLength;

  private FieldNames(byte[][] names, int[][] byLength) {
    this.names = names;
    this.byLength = byLength;
  }

  /// @param names each gets its place in this list as its index
  public static FieldNames of(String... names) {
    byte[][] bytes = new byte[names.length][];
    int longest = 0;
    for (int i = 0; i < names.length; i++) {
      bytes[i] = names[i].getBytes(StandardCharsets.UTF_8);
      longest = Math.max(longest, bytes[i].length);
    }
    int[][] byLength = new int[longest + 1][0];
    for (int i = 0; i < names.length; i++) {
      int length = bytes[i].length;
      byLength[length] = Arrays.copyOf(byLength[length], byLength[length].length + 1);
      byLength[length][byLength[length].length - 1] = i;
    }
    return new FieldNames(bytes, byLength);
  }

  /// The index of the name in `bytes[from, to)`, or -1.
  public int indexOf(byte[] bytes, int from, int to) {
    int length = to - from;
    if (length >= byLength.length) {
      return -1;
    }
    for (int i : byLength[length]) {
      byte[] name = names[i];
      if (Arrays.equals(name, 0, length, bytes, from, to)) {
        return i;
      }
    }
    return -1;
  }
}
