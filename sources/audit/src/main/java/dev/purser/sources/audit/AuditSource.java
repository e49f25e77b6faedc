package dev.purser.sources.audit;

import dev.purser.core.source.Source;
import dev.purser.sources.logs.Claims;
import dev.purser.sources.logs.FileSource;
import dev.purser.sources.logs.FileSourceConfig;
import dev.purser.sources.logs.Planner;
import dev.purser.sources.logs.ReaderPool;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.Function;

/// The API server's audit logs: files as any other, but for where their records end. The API server
/// renames a full file to `audit-2026-11-23T04-38-02.000.log` and begins a new one (lumberjack);
/// the oldest is read first.
public final class AuditSource {
  private AuditSource() {}

  /// Makes the source; the parameters are those of [FileSource].
  public static Source of(
      FileSourceConfig config,
      Function<Path, Map<String, String>> context,
      Claims claims,
      ReaderPool readers,
      InstantSource clock) {
    return new FileSource(
        config,
        Planner.all(AuditDecoder.KIND, new AuditSplitter(), context),
        claims,
        readers,
        clock);
  }
}
