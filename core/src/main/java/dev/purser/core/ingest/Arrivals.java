package dev.purser.core.ingest;

import dev.purser.core.record.Stream;

/// Hears what a hub takes, before the sender hears of it. Called by many threads at once; must not
/// wait.
public interface Arrivals {
  Arrivals IGNORED =
      new Arrivals() {
        @Override
        public void took(Stream stream) {}

        @Override
        public void heard(byte[] statusJson) {}
      };

  /// A batch of a stream was taken, with records, with a gap or with neither.
  void took(Stream stream);

  /// An agent told of itself, see [Ingest#report]. All that the hub took of it before was told
  /// before.
  void heard(byte[] statusJson);
}
