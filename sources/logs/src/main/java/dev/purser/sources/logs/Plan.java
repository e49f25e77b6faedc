package dev.purser.sources.logs;

import java.util.Map;

/// What is to become of a file.
public sealed interface Plan {
  /// It is read.
  ///
  /// @param kind of its streams: names their decoder
  /// @param splitter finds where its records end
  /// @param context what its streams say of it, beside their id
  /// @param wish what its owner asks for, in words that the planner understands; may be empty
  record Read(String kind, Splitter splitter, Map<String, String> context, String wish)
      implements Plan {
    public Read {
      context = Map.copyOf(context);
    }

    /// Nobody asked for anything.
    public Read(String kind, Splitter splitter, Map<String, String> context) {
      this(kind, splitter, context, "");
    }

    Memo memo() {
      return new Memo(kind, wish, context);
    }
  }

  /// What is written down of a [Read], to make it again where nobody can be asked any more.
  record Memo(String kind, String wish, Map<String, String> context) {
    public Memo {
      context = Map.copyOf(context);
    }
  }

  /// It is not wanted.
  record Skip() implements Plan {}

  /// It is not known yet; the file is held open until it is.
  record Wait() implements Plan {}
}
