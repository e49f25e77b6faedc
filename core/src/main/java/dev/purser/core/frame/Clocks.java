package dev.purser.core.frame;

/// An agent's clocks at one moment.
///
/// @param wallMicros microseconds since 1970 UTC
/// @param monotonicNanos nanoseconds since an origin of the agent's process
public record Clocks(long wallMicros, long monotonicNanos) {}
