package dev.purser.core.table;

/// Bytes that are no record of their kind. The message says where and what was expected; it holds
/// none of the bytes.
public final class MalformedRecordException extends Exception {
  private static final long serialVersionUID = 1;

  public MalformedRecordException(String message) {
    super(message, null, false, false);
  }
}
