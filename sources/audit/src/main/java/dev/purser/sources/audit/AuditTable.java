package dev.purser.sources.audit;

import dev.purser.core.table.Column;
import dev.purser.core.table.ColumnType;
import dev.purser.core.table.Table;
import java.util.List;

/// The table of the API server's audit events (audit.k8s.io/v1): one row for each stage of a
/// request that the audit policy records. `audit_id` and `stage` together name a row.
public final class AuditTable {
  public static final Table TABLE =
      Table.of(
          "audit",
          "who did what to which object, when, from where, with what outcome",
          List.of(
              text(101, "audit_id", "id of the request, the same in all its stages"),
              text(102, "stage", "RequestReceived, ResponseStarted, ResponseComplete or Panic"),
              text(103, "level", "how much the policy records: Metadata, Request, RequestResponse"),
              text(
                  104,
                  "verb",
                  "get, list, watch, create, update, patch, delete, … or the HTTP method"),
              text(105, "user", "who authenticated; not whom they impersonate, see raw"),
              list(106, "groups", "the user's groups"),
              text(107, "user_agent", "what the client says it is"),
              list(108, "source_ips", "where the request came from; only the last can be trusted"),
              text(109, "api_group", "API group of the object; null for the core group"),
              text(110, "api_version", "API version of the object"),
              text(111, "resource", "kind of the object in plural: pods, secrets, …"),
              text(112, "subresource", "exec, log, status, scale, …"),
              text(113, "namespace", "namespace of the object"),
              text(114, "name", "name of the object; null for lists and generated names"),
              text(115, "uri", "the request's path and query"),
              new Column(116, "code", ColumnType.INT, "HTTP status of the response"),
              text(117, "decision", "of the authoriser: allow or forbid"),
              text(118, "reason", "why the authoriser decided so: the binding and the role"),
              new Column(
                  119,
                  "latency_ms",
                  ColumnType.DOUBLE,
                  "milliseconds from the request's arrival to this stage")),
          List.of("namespace", "resource", "name", "time"));

  private AuditTable() {}

  private static Column text(int id, String name, String description) {
    return new Column(id, name, ColumnType.STRING, description);
  }

  private static Column list(int id, String name, String description) {
    return new Column(id, name, ColumnType.STRING_LIST, description);
  }
}
