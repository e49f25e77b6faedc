package dev.purser.core.json;

import dev.purser.core.table.MalformedRecordException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Walks over one JSON text in a range of bytes. It makes no tree, copies nothing, and knows where
/// in the bytes each value lies.
///
/// The grammar is RFC 8259's, with one liberty: bytes of 0x80 and above may stand in strings in any
/// order. The API server writes parts of requests as they came, so whoever sends a request decides
/// whether they are UTF-8; such a byte must not keep a record out of its table. For the same reason
/// there is no limit on the length of names, strings and numbers, no table of names that a sender
/// could fill, and no recursion. The one limit is the depth.
///
/// Not thread-safe; reused for text after text. After an exception [#position] tells where it was,
/// and [#reset] must be called before it reads on.
public final class JsonScanner {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;

  private final int maxDepth;
  private byte[] bytes = new byte[0];
  private int from;
  private int to;
  private int at;
  private boolean fresh;
  private int nameStart;
  private int nameEnd;
  private int start;
  private int end;
  private boolean escaped;
  private int[] open = new int[64];
  private int lastClosed;

  /// @param maxDepth how many objects and arrays may be open at once within one skipped value
  public JsonScanner(int maxDepth) {
    this.maxDepth = maxDepth;
  }

  /// Begins with `bytes[from, to)`.
  public void reset(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    at = from;
    fresh = false;
    lastClosed = -1;
  }

  /// Enters the object that must come now; then call [#nextField] until it says false.
  public void enterObject() throws MalformedRecordException {
    expect('{');
    fresh = true;
  }

  /// Enters the array that must come now; then call [#nextElement] until it says false.
  public void enterArray() throws MalformedRecordException {
    expect('[');
    fresh = true;
  }

  /// Goes on to the next field's value, or leaves the object.
  public boolean nextField() throws MalformedRecordException {
    if (!hasNext('}')) {
      return false;
    }
    name();
    return true;
  }

  /// Goes on to the next element, or leaves the array.
  public boolean nextElement() throws MalformedRecordException {
    return hasNext(']');
  }

  /// The first byte of the value that comes now: one of `{ [ " t f n -` or a digit in JSON.
  public byte peek() throws MalformedRecordException {
    skipWhite();
    return current();
  }

  /// Which of `names` the field has that [#nextField] went to, or -1. An escaped name is none of
  /// them.
  public int name(FieldNames names) {
    return names.indexOf(bytes, nameStart, nameEnd);
  }

  /// Goes over the value that comes now, whatever it is.
  public void skipValue() throws MalformedRecordException {
    fresh = false;
    int depth = 0;
    while (true) {
      byte first = peek();
      if (first == '{' || first == '[') {
        depth = push(depth);
        skipWhite();
        if (current() != (first == '{' ? '}' : ']')) {
          if (first == '{') {
            name();
          }
          continue;
        }
      } else {
        start = at;
        scalar(first);
      }
      depth = close(depth);
      if (depth == 0) {
        return;
      }
    }
  }

  /// Goes over the value that comes now, and says whether it is a string; if so its text is at
  /// [#start] and [#end].
  public boolean string() throws MalformedRecordException {
    if (peek() != '"') {
      skipValue();
      return false;
    }
    fresh = false;
    quoted();
    return true;
  }

  /// Reads past the end of the text, where only white space may be.
  public void finish() throws MalformedRecordException {
    skipWhite();
    if (at < to) {
      throw fault("the end");
    }
  }

  /// Offset of the next byte to be read.
  public int position() {
    return at;
  }

  /// Where the text of the string begins that was read last, behind its quote; or the scalar that
  /// was skipped last. Holds until the next call that reads on, as do [#end] and [#escaped].
  public int start() {
    return start;
  }

  /// Where it ends, before its quote.
  public int end() {
    return end;
  }

  /// Whether the last string has escapes, see [JsonText#unescape].
  public boolean escaped() {
    return escaped;
  }

  /// Where the object or array begins that was closed last within [#skipValue]; -1 if none was.
  public int lastClosed() {
    return lastClosed;
  }

  private int push(int depth) throws MalformedRecordException {
    if (depth == maxDepth) {
      throw new MalformedRecordException(
          "JSON deeper than " + maxDepth + " levels at byte " + (at - from));
    }
    if (depth == open.length) {
      open = Arrays.copyOf(open, 2 * depth);
    }
    open[depth] = at++;
    return depth + 1;
  }

  /// After a value, or at the end of an empty container: closes what ends here, and goes to the
  /// next value if there is one.
  private int close(int depth) throws MalformedRecordException {
    int left = depth;
    while (left > 0) {
      boolean object = bytes[open[left - 1]] == '{';
      skipWhite();
      byte next = current();
      if (next == (object ? '}' : ']')) {
        at++;
        left--;
        lastClosed = open[left];
      } else if (next == ',') {
        at++;
        if (object) {
          name();
        }
        return left;
      } else {
        throw fault(object ? "',' or '}'" : "',' or ']'");
      }
    }
    return 0;
  }

  private boolean hasNext(char closing) throws MalformedRecordException {
    skipWhite();
    byte next = current();
    if (next == closing) {
      at++;
      fresh = false;
      return false;
    }
    if (!fresh) {
      expect(',');
    }
    fresh = false;
    return true;
  }

  private void name() throws MalformedRecordException {
    skipWhite();
    quoted();
    nameStart = start;
    nameEnd = end;
    expect(':');
  }

  private void scalar(byte first) throws MalformedRecordException {
    switch (first) {
      case '"' -> quoted();
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      default -> number();
    }
  }

  private void quoted() throws MalformedRecordException {
    if (current() != '"') {
      throw fault("a string");
    }
    at++;
    start = at;
    escaped = false;
    while (true) {
      skipPlain();
      byte b = current();
      if (b == '"') {
        end = at++;
        return;
      }
      if (b == '\\') {
        escape();
      } else if (b >= 0 && b < 0x20) {
        throw fault("no control character in a string");
      } else {
        at++;
      }
    }
  }

  /// Eight bytes at a time, as long as none of them is a quote, a backslash or a control character.
  private void skipPlain() {
    int last = to - Long.BYTES;
    int i = at;
    while (i <= last) {
      long word = (long) WORD.get(bytes, i);
      long quote = word ^ ('"' * ONES);
      long backslash = word ^ ('\\' * ONES);
      long hits =
          (((quote - ONES) & ~quote)
                  | ((backslash - ONES) & ~backslash)
                  | ((word - 0x20 * ONES) & ~word))
              & HIGHS;
      if (hits != 0) {
        i += Long.numberOfTrailingZeros(hits) >>> 3;
        break;
      }
      i += Long.BYTES;
    }
    at = i;
  }

  private void escape() throws MalformedRecordException {
    escaped = true;
    at++;
    switch (current()) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at++;
      case 'u' -> {
        at++;
        for (int i = 0; i < 4; i++) {
          if (Character.digit(current(), 16) < 0) {
            throw fault("a hexadecimal digit");
          }
          at++;
        }
      }
      default -> throw fault("an escape");
    }
  }

  private void literal(String expected) throws MalformedRecordException {
    for (int i = 0; i < expected.length(); i++) {
      if (current() != expected.charAt(i)) {
        throw fault(expected);
      }
      at++;
    }
    end = at;
  }

  private void number() throws MalformedRecordException {
    if (current() == '-') {
      at++;
    }
    if (current() == '0') {
      at++;
    } else {
      digits("a value");
    }
    if (at < to && bytes[at] == '.') {
      at++;
      digits("a digit");
    }
    if (at < to && (bytes[at] | 0x20) == 'e') {
      at++;
      if (current() == '+' || current() == '-') {
        at++;
      }
      digits("a digit");
    }
    end = at;
  }

  private void digits(String expected) throws MalformedRecordException {
    if (!isDigit(current())) {
      throw fault(expected);
    }
    while (at < to && isDigit(bytes[at])) {
      at++;
    }
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private void expect(char expected) throws MalformedRecordException {
    skipWhite();
    if (current() != expected) {
      throw fault("'" + expected + "'");
    }
    at++;
  }

  private void skipWhite() {
    while (at < to) {
      byte b = bytes[at];
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        return;
      }
      at++;
    }
  }

  private byte current() throws MalformedRecordException {
    if (at >= to) {
      throw new MalformedRecordException("JSON ends too early, at byte " + (to - from));
    }
    return bytes[at];
  }

  private MalformedRecordException fault(String expected) {
    return new MalformedRecordException(
        "no JSON: expected " + expected + " at byte " + (at - from));
  }
}
