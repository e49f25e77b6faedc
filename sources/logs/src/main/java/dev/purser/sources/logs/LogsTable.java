package dev.purser.sources.logs;

import dev.purser.core.table.Column;
import dev.purser.core.table.ColumnType;
import dev.purser.core.table.Table;
import java.util.List;

/// The table of lines: of containers' stdout and stderr, and of files.
public final class LogsTable {
  public static final Table TABLE =
      Table.of(
          "logs",
          "lines of containers' stdout and stderr, and of files",
          List.of(
              new Column(101, "stream", ColumnType.STRING, "stdout or stderr; null for files"),
              new Column(102, "file", ColumnType.STRING, "path it was written under"),
              new Column(103, "namespace", ColumnType.STRING, "namespace of the pod"),
              new Column(104, "pod", ColumnType.STRING, "name of the pod"),
              new Column(105, "pod_uid", ColumnType.STRING, "uid of the pod"),
              new Column(106, "container", ColumnType.STRING, "name of the container in the pod"),
              new Column(107, "container_id", ColumnType.STRING, "id in the container runtime"),
              new Column(
                  108, "message", ColumnType.STRING, "the line, without prefixes and line end"),
              new Column(
                  109,
                  "partial",
                  ColumnType.BOOLEAN,
                  "cut at the size limit (the rest follows), or its file ended within the line")),
          List.of("namespace", "pod", "container", "file", "time"));

  public static final int STREAM = TABLE.index("stream");
  public static final int FILE = TABLE.index("file");
  public static final int NAMESPACE = TABLE.index("namespace");
  public static final int POD = TABLE.index("pod");
  public static final int POD_UID = TABLE.index("pod_uid");
  public static final int CONTAINER = TABLE.index("container");
  public static final int CONTAINER_ID = TABLE.index("container_id");
  public static final int MESSAGE = TABLE.index("message");
  public static final int PARTIAL = TABLE.index("partial");

  private LogsTable() {}
}
