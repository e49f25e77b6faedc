package dev.purser.sources.logs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.core.objects.Inventory;
import dev.purser.core.objects.Owner;
import dev.purser.core.objects.Pod;
import dev.purser.core.record.Stream;
import dev.purser.core.table.Row;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The columns of table `logs` that all lines of a batch share: what the agent told of the stream,
/// and what the hub knows of its pod. Found out once for a batch, then only copied. Used by one
/// thread.
final class StreamColumns {
  private static final Map<Integer, String> TEXTS =
      Map.of(
          LogsTable.FILE, LogContext.FILE,
          LogsTable.NAMESPACE, LogContext.NAMESPACE,
          LogsTable.POD, LogContext.POD,
          LogsTable.POD_UID, LogContext.POD_UID,
          LogsTable.CONTAINER, LogContext.CONTAINER,
          LogsTable.CONTAINER_ID, LogContext.CONTAINER_ID,
          LogsTable.IMAGE, LogContext.IMAGE,
          LogsTable.IMAGE_DIGEST, LogContext.IMAGE_DIGEST);

  /// More restarts than a pod can have within the lifetime of a cluster.
  private static final int MAX_DIGITS = 9;

  private final Inventory inventory;
  private @Nullable Stream stream;
  private int texts;
  private final int[] textColumns = new int[TEXTS.size() + 2];
  private final byte[][] textBytes = new byte[TEXTS.size() + 2][];
  private final int[] mapColumns = new int[4];
  private final List<Map<String, String>> maps = new ArrayList<>();
  private int restarts;

  StreamColumns(Inventory inventory) {
    this.inventory = inventory;
  }

  /// See [dev.purser.core.table.Decoder#prepare].
  void prepare(Stream next, long ingestTimeMicros) throws InterruptedException {
    String pod = next.context().get(LogContext.POD_UID);
    if (pod != null) {
      inventory.await(cluster(next), pod, ingestTimeMicros);
    }
  }

  /// Sets them in a row.
  ///
  /// @param next the same object for all records of a batch, and for them alone
  @SuppressWarnings("ReferenceEquality") // Another batch of the stream may have news of its pod.
  void set(Stream next, Row row) {
    if (stream != next) {
      read(next);
      stream = next;
    }
    for (int i = 0; i < texts; i++) {
      row.set(textColumns[i], textBytes[i], 0, textBytes[i].length);
    }
    for (int i = 0; i < maps.size(); i++) {
      row.set(mapColumns[i], maps.get(i));
    }
    if (restarts >= 0) {
      row.set(LogsTable.RESTART_COUNT, restarts);
    }
  }

  private void read(Stream next) {
    Map<String, String> context = next.context();
    texts = 0;
    TEXTS.forEach((column, key) -> text(column, context.get(key)));
    restarts = restarts(context.get(LogContext.RESTART_COUNT));
    maps.clear();
    Map<String, String> labels = below(context, LogContext.LABEL);
    Map<String, String> annotations = below(context, LogContext.ANNOTATION);
    if (!labels.isEmpty()) {
      map(LogsTable.LABELS, labels);
    }
    if (!annotations.isEmpty()) {
      map(LogsTable.ANNOTATIONS, annotations);
    }
    String uid = context.get(LogContext.POD_UID);
    if (uid != null) {
      Optional<Pod> pod = inventory.pod(cluster(next), uid);
      if (labels.isEmpty()) {
        pod.ifPresent(known -> map(LogsTable.LABELS, known.labels()));
      }
      pod.map(Pod::owner)
          .orElseGet(() -> Owner.fromLabels(context.getOrDefault(LogContext.POD, ""), labels))
          .ifPresent(owner -> {
            text(LogsTable.OWNER_KIND, owner.kind());
            text(LogsTable.OWNER_NAME, owner.name());
          });
    }
    String namespace = context.get(LogContext.NAMESPACE);
    if (namespace != null) {
      inventory
          .namespaceLabels(cluster(next), namespace)
          .ifPresent(found -> map(LogsTable.NAMESPACE_LABELS, found));
    }
    String node = context.get(Stream.NODE);
    if (node != null) {
      inventory
          .nodeLabels(cluster(next), node)
          .ifPresent(found -> map(LogsTable.NODE_LABELS, found));
    }
  }

  private void text(int column, @Nullable String value) {
    if (value != null) {
      textColumns[texts] = column;
      textBytes[texts++] = value.getBytes(UTF_8);
    }
  }

  private void map(int column, Map<String, String> map) {
    mapColumns[maps.size()] = column;
    maps.add(map);
  }

  private static String cluster(Stream stream) {
    return stream.context().getOrDefault(Stream.CLUSTER, "");
  }

  /// The entries whose keys begin with a prefix, without it.
  private static Map<String, String> below(Map<String, String> context, String prefix) {
    Map<String, String> found = new TreeMap<>();
    context.forEach((key, value) -> {
      if (key.startsWith(prefix)) {
        found.put(key.substring(prefix.length()), value);
      }
    });
    return Collections.unmodifiableMap(found);
  }

  /// A number of an agent's; -1 if it is none.
  private static int restarts(@Nullable String text) {
    boolean number =
        text != null
            && !text.isEmpty()
            && text.length() <= MAX_DIGITS
            && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return number ? Integer.parseInt(text) : -1;
  }
}
