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
                  "cut at the size limit (the rest follows), or its file ended within the line"),
              new Column(110, "image", ColumnType.STRING, "image of the container"),
              new Column(111, "image_digest", ColumnType.STRING, "digest of that image"),
              new Column(
                  112,
                  "restart_count",
                  ColumnType.INT,
                  "how often the container was started anew before"),
              new Column(113, "labels", ColumnType.STRING_MAP, "labels of the pod"),
              new Column(114, "annotations", ColumnType.STRING_MAP, "annotations of the pod"),
              new Column(
                  115,
                  "owner_kind",
                  ColumnType.STRING,
                  "what runs the pod: Deployment, StatefulSet, DaemonSet, CronJob, Job, Node, …"),
              new Column(116, "owner_name", ColumnType.STRING, "its name"),
              new Column(117, "namespace_labels", ColumnType.STRING_MAP, "labels of the namespace"),
              new Column(118, "node_labels", ColumnType.STRING_MAP, "labels of the node")),
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

  public static final int IMAGE = TABLE.index("image");
  public static final int IMAGE_DIGEST = TABLE.index("image_digest");
  public static final int RESTART_COUNT = TABLE.index("restart_count");
  public static final int LABELS = TABLE.index("labels");
  public static final int ANNOTATIONS = TABLE.index("annotations");
  public static final int OWNER_KIND = TABLE.index("owner_kind");
  public static final int OWNER_NAME = TABLE.index("owner_name");
  public static final int NAMESPACE_LABELS = TABLE.index("namespace_labels");
  public static final int NODE_LABELS = TABLE.index("node_labels");

  private LogsTable() {}
}
