package dev.purser.kubernetes;

import java.io.IOException;

/// The API server answered, and refused.
public final class ApiException extends IOException {
  private static final long serialVersionUID = 1;
  public static final int GONE = 410;

  private final int code;

  /// @param code the HTTP status, or the code in the Status object that came instead of an event
  public ApiException(int code, String message) {
    super(message);
    this.code = code;
  }

  public int code() {
    return code;
  }

  /// Whether the version that was asked for is compacted away.
  public boolean isExpired() {
    return code == GONE;
  }
}
