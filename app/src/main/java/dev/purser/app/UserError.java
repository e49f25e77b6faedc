package dev.purser.app;

/// What the user is told in one line, without a stack trace: where, what was found, what to do.
final class UserError extends Exception {
  private static final long serialVersionUID = 1;

  private final int exitCode;

  UserError(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
