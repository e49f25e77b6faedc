package dev.purser.core.frame;

/// Constants of docs/formats/frame.md.
public final class FrameFormat {
  static final int MAGIC = 0x50555246;
  static final byte VERSION = 1;
  static final int HEADER_BYTES = 4 + 1 + 16 + 8 + 8 + 4 * 4 + 4;
  static final byte TYPE_RECORDS = 1;
  static final byte TYPE_GAP = 2;
  static final int FLAG_ENDED = 1;
  static final int FLAG_LF = 2;

  /// Largest frame as sent.
  public static final int MAX_FRAME_BYTES = 64 << 20;

  /// Largest heads, and largest data, when decompressed.
  public static final int MAX_PART_BYTES = 64 << 20;

  public static final int MAX_HEADS = 65_536;

  private FrameFormat() {}
}
