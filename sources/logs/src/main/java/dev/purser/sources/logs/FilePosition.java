package dev.purser.sources.logs;

import dev.purser.core.record.Position;

/// Positions in the stream of a file: a byte offset, or one with the mark that the file was read to
/// its end and is rotated, so that nothing is lost when it goes.
///
/// The mark takes the place of the stream's end as long as the file is there: the hub may forget an
/// ended stream, and the file would be read once more.
final class FilePosition {
  private static final String FINISHED = " finished";

  private FilePosition() {}

  static Position finished(long offset) {
    return new Position(offset + FINISHED);
  }

  static boolean isFinished(Position position) {
    return position.token().endsWith(FINISHED);
  }

  /// @throws NumberFormatException when it is no position in a file
  static long offset(Position position) {
    if (!isFinished(position)) {
      return position.offset();
    }
    String token = position.token();
    return Long.parseLong(token.substring(0, token.length() - FINISHED.length()));
  }
}
