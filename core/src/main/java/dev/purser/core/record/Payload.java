package dev.purser.core.record;

/// What a batch carries: records, or one gap in their place.
public sealed interface Payload permits Records, Gap {
  /// How many sequence numbers it takes.
  int count();
}
