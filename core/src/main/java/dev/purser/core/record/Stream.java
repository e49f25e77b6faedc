package dev.purser.core.record;

import dev.purser.core.text.Cut;
import java.util.Map;
import java.util.stream.Collectors;

/// One sequence of records with one numbering: a watch, a listener, or one incarnation of a file.
///
/// @param id unique over all clusters and time; the column `source` of each of its rows
/// @param kind names the decoder of its records, for example `cri`
/// @param context what holds for all its records (cluster, node, file, pod, …), sent once a batch,
///   never once a record
public record Stream(String id, String kind, Map<String, String> context) {
  public static final int MAX_ID_BYTES = 512;
  public static final int MAX_CONTEXT_ENTRIES = 256;
  public static final int MAX_KEY_CHARACTERS = 512;

  /// A longer value is cut: what somebody writes on a container must not keep all else from being
  /// sent. A path of Linux is shorter.
  public static final int MAX_VALUE_CHARACTERS = 4096;

  public static final String CLUSTER = "cluster";
  public static final String NODE = "node";

  public Stream {
    if (id.isEmpty() || id.length() > MAX_ID_BYTES) {
      throw new IllegalArgumentException("stream id of " + id.length() + " characters");
    }
    if (context.size() > MAX_CONTEXT_ENTRIES) {
      throw new IllegalArgumentException("stream context of " + context.size() + " entries");
    }
    boolean isCut = false;
    for (Map.Entry<String, String> entry : context.entrySet()) {
      int length = entry.getKey().length();
      if (length > MAX_KEY_CHARACTERS) {
        throw new IllegalArgumentException(
            "stream context with a key of " + length + " characters");
      }
      isCut |= entry.getValue().length() > MAX_VALUE_CHARACTERS;
    }
    context = isCut ? cut(context) : Map.copyOf(context);
  }

  private static Map<String, String> cut(Map<String, String> context) {
    return context.entrySet().stream()
        .collect(
            Collectors.toUnmodifiableMap(
                Map.Entry::getKey, entry -> Cut.to(MAX_VALUE_CHARACTERS, entry.getValue())));
  }
}
