package dev.purser.sources.objects;

import java.util.Map;

/// What is to be known of a pod to tell whether the output of its containers came.
///
/// @param node where it runs; empty while it has none
/// @param isExpected whether its output is to come at all: not that of a pod that leaves itself
///   out, nor of a static pod, whose copies in the API come and go while it runs
/// @param started names of the containers that were started, with the id of the last of each
record PodRun(
    ObjectId id,
    String namespace,
    String name,
    String node,
    boolean isExpected,
    Map<String, String> started) {
  PodRun {
    started = Map.copyOf(started);
  }
}
