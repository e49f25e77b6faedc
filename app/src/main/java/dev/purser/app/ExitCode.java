package dev.purser.app;

/// How `purser` ends. Documented in each command's help.
final class ExitCode {
  static final int OK = 0;

  /// The work itself failed: a query was refused, a hub does not answer.
  static final int FAILED = 1;

  /// The command line or the config file is wrong.
  static final int USAGE = 2;

  private ExitCode() {}
}
