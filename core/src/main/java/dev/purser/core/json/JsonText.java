package dev.purser.core.json;

import java.nio.charset.StandardCharsets;

/// The text of JSON strings that a [JsonScanner] has found to be well formed.
public final class JsonText {
  private JsonText() {}

  /// The string whose text is `bytes[from, to)`; bytes that are no UTF-8 become U+FFFD.
  public static String string(byte[] bytes, int from, int to, boolean escaped) {
    if (!escaped) {
      return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }
    byte[] plain = new byte[to - from];
    return new String(plain, 0, unescape(bytes, from, to, plain), StandardCharsets.UTF_8);
  }

  /// Writes the text in `bytes[from, to)` without its escapes as UTF-8 to the beginning of `out`,
  /// which must have room for as many bytes: it never grows. Half a surrogate pair becomes U+FFFD.
  ///
  /// @return how many bytes were written
  public static int unescape(byte[] bytes, int from, int to, byte[] out) {
    return unescape(bytes, from, to, out, 0);
  }

  /// As [#unescape(byte[], int, int, byte[])], from offset `at` of `out` on.
  ///
  /// @return up to where `out` is filled
  public static int unescape(byte[] bytes, int from, int to, byte[] out, int at) {
    int n = at;
    int i = from;
    while (i < to) {
      byte b = bytes[i++];
      if (b != '\\') {
        out[n++] = b;
        continue;
      }
      byte kind = bytes[i++];
      if (kind != 'u') {
        out[n++] = simple(kind);
        continue;
      }
      int code = hex(bytes, i);
      i += 4;
      if (Character.isHighSurrogate((char) code)
          && i + 6 <= to
          && bytes[i] == '\\'
          && bytes[i + 1] == 'u'
          && Character.isLowSurrogate((char) hex(bytes, i + 2))) {
        code = Character.toCodePoint((char) code, (char) hex(bytes, i + 2));
        i += 6;
      } else if (Character.isSurrogate((char) code)) {
        code = 0xFFFD;
      }
      n = utf8(code, out, n);
    }
    return n;
  }

  private static byte simple(byte kind) {
    return switch (kind) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> kind;
    };
  }

  private static int hex(byte[] bytes, int at) {
    int value = 0;
    for (int i = at; i < at + 4; i++) {
      value = (value << 4) | Character.digit(bytes[i], 16);
    }
    return value;
  }

  private static int utf8(int code, byte[] out, int at) {
    int n = at;
    if (code < 0x80) {
      out[n++] = (byte) code;
    } else if (code < 0x800) {
      out[n++] = (byte) (0xC0 | (code >> 6));
      out[n++] = (byte) (0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      out[n++] = (byte) (0xE0 | (code >> 12));
      out[n++] = (byte) (0x80 | ((code >> 6) & 0x3F));
      out[n++] = (byte) (0x80 | (code & 0x3F));
    } else {
      out[n++] = (byte) (0xF0 | (code >> 18));
      out[n++] = (byte) (0x80 | ((code >> 12) & 0x3F));
      out[n++] = (byte) (0x80 | ((code >> 6) & 0x3F));
      out[n++] = (byte) (0x80 | (code & 0x3F));
    }
    return n;
  }
}
