package dev.purser.sources.logs.multiline;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/// The line that is looked at: what a program printed, without prefix and line end. Owned by one
/// call, and filled anew for each line.
public final class Line {
  /// No pattern looks further into a line than this, and no more need be unescaped.
  public static final int MAX_BYTES = 512;

  /// What [#at] answers behind the end.
  static final int END = 256;

  private MemorySegment data = MemorySegment.NULL;
  private MemorySegment scratch = MemorySegment.NULL;
  private int from;
  private int to;
  private int stream;
  private boolean goesOn;
  private Role role = Role.TEXT;

  /// What a line is to the lines around it.
  public enum Role {
    TEXT,

    /// Nothing but the line end that a record cut at the size limit left to its rest: belongs to
    /// the line behind it.
    REST,

    /// REST, or an empty line: belongs to the line behind it if that looks like a rest.
    EMPTY,

    /// Has no line end, as it was cut or the file ends with it: belongs to no other.
    PIECE,

    /// Nothing of a program: belongs to no other, and may stand between those that belong together.
    ALONE
  }

  /// The line is `data[from, to)`, or at least begins with it.
  ///
  /// @param stream which of the streams of its file it belongs to; 0 where there is one
  /// @param goesOn whether another line of the file holds the rest of this one
  public void set(MemorySegment data, int from, int to, int stream, boolean goesOn, Role role) {
    this.data = data;
    this.from = from;
    this.to = to;
    this.stream = stream;
    this.goesOn = goesOn;
    this.role = role;
  }

  /// Room of [#MAX_BYTES] for a line that must be unescaped first; valid until the next line.
  public MemorySegment scratch() {
    if (scratch.byteSize() == 0) {
      scratch = MemorySegment.ofArray(new byte[MAX_BYTES]);
    }
    return scratch;
  }

  public int stream() {
    return stream;
  }

  public boolean goesOn() {
    return goesOn;
  }

  public Role role() {
    return role;
  }

  int length() {
    return to - from;
  }

  /// The byte at `i`, or [#END].
  int at(int i) {
    return from + i < to ? data.get(ValueLayout.JAVA_BYTE, from + (long) i) : END;
  }

  /// The first byte as a number from 0 to 255, or [#END].
  int first() {
    return to > from ? data.get(ValueLayout.JAVA_BYTE, from) & 0xff : END;
  }

  /// The last byte, or [#END].
  int last() {
    return to > from ? data.get(ValueLayout.JAVA_BYTE, to - 1L) : END;
  }

  boolean startsWith(String text) {
    return startsWith(0, text);
  }

  boolean startsWith(int at, String text) {
    if (length() - at < text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (data.get(ValueLayout.JAVA_BYTE, from + (long) at + i) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  boolean endsWith(String text) {
    return length() >= text.length() && startsWith(length() - text.length(), text);
  }

  /// How many times `c` stands from `at` on.
  int count(int at, char c) {
    int i = at;
    while (at(i) == c) {
      i++;
    }
    return i - at;
  }

  /// The first place from `at` on that holds neither a space nor a tab.
  int skipBlanks(int at) {
    int i = at;
    while (at(i) == ' ' || at(i) == '\t') {
      i++;
    }
    return i;
  }

  boolean isBlank() {
    return skipBlanks(0) == length();
  }

  /// Whether it begins as lines of logs do that are no text of a message: with a digit, or one in
  /// brackets.
  boolean beginsWithTime() {
    return isDigit(at(0)) || (at(0) == '[' && isDigit(at(1)));
  }

  /// Whether it holds nothing but blanks and at least one of the marks that point at a column.
  boolean isPointer() {
    int marks = 0;
    for (int i = 0; i < length(); i++) {
      int c = at(i);
      if (c == '^' || c == '~') {
        marks++;
      } else if (c != ' ' && c != '\t') {
        return false;
      }
    }
    return marks > 0;
  }

  static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  static boolean isLetter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  /// The first bytes, at most [#MAX_BYTES], as text: RE2/J takes bytes too, but of more than one
  /// byte a character it may find `^` behind the first.
  String toText() {
    byte[] bytes = data.asSlice(from, Math.min(length(), MAX_BYTES)).toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
