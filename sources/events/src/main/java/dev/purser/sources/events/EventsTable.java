package dev.purser.sources.events;

import dev.purser.core.table.Column;
import dev.purser.core.table.ColumnType;
import dev.purser.core.table.Table;
import java.util.List;

/// The table of Kubernetes Events: one row for each version of an Event that the API server made
/// known. An Event that is repeated keeps its `uid`; each repetition is a row with a higher `count`
/// and `resource_version`.
public final class EventsTable {
  public static final Table TABLE =
      Table.of(
          "events",
          "what Kubernetes reports on the life of its objects",
          List.of(
              text(101, "uid", "id of the Event, the same in all its versions"),
              text(102, "resource_version", "version of the Event; with uid it names a row"),
              text(103, "type", "Normal or Warning"),
              text(104, "reason", "what happened in one word: FailedMount, BackOff, …"),
              text(105, "kind", "kind of the object it is about: Pod, Node, …"),
              text(106, "namespace", "namespace of that object; null if it has none"),
              text(107, "name", "name of that object"),
              text(108, "object_uid", "uid of that object"),
              text(109, "component", "who reports it: kubelet, default-scheduler, …"),
              text(110, "host", "where the reporter runs, or which of its instances it is"),
              text(111, "message", "what happened, in words"),
              new Column(112, "count", ColumnType.INT, "how often it has happened so far"),
              new Column(113, "first_time", ColumnType.TIMESTAMP, "when it happened first"),
              new Column(114, "last_time", ColumnType.TIMESTAMP, "when it happened last")),
          List.of("namespace", "kind", "name", "time"));

  private EventsTable() {}

  private static Column text(int id, String name, String description) {
    return new Column(id, name, ColumnType.STRING, description);
  }
}
