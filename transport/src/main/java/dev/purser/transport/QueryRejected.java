package dev.purser.transport;

/// The user's query cannot be answered; the message says what is wrong with it.
public final class QueryRejected extends Exception {
  private static final long serialVersionUID = 1;

  public QueryRejected(String message) {
    super(message);
  }

  public QueryRejected(String message, Throwable cause) {
    super(message, cause);
  }
}
