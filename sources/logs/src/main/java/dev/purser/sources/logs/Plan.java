package dev.purser.sources.logs;

import java.util.Map;

/// What is to become of a file.
public sealed interface Plan {
  /// It is read.
  ///
  /// @param kind of its streams: names their decoder
  /// @param splitter finds where its records end
  /// @param context what its streams say of it, beside their id
  record Read(String kind, Splitter splitter, Map<String, String> context) implements Plan {
    public Read {
      context = Map.copyOf(context);
    }
  }

  /// It is not wanted.
  record Skip() implements Plan {}

  /// It is not known yet; the file is held open until it is.
  record Wait() implements Plan {}
}
