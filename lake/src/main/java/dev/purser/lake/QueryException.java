package dev.purser.lake;

/// A query that has no answer. The message is for the user who wrote it.
public final class QueryException extends Exception {
  private static final long serialVersionUID = 1;

  /// Whose fault it is, and what to do about it.
  public enum Reason {
    /// It is no SQL, or names what is not there.
    INVALID,
    /// It asks for what queries may not do.
    REFUSED,
    /// It hit a limit.
    LIMIT,
    /// The lake could not answer; the same query may succeed later.
    FAILED
  }

  private final Reason reason;

  QueryException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  QueryException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
