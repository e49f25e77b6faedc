package dev.purser.testkit;

/// The process ends here: thrown by a disk at a named step. Nothing but the test catches it.
public final class CrashError extends Error {
  private static final long serialVersionUID = 1;

  public CrashError(String step) {
    super("crash at step " + step, null, false, false);
  }
}
