package dev.purser.sources.objects;

import dev.purser.kubernetes.ApiServer.Form;

/// The kinds of objects that are watched.
enum Kind {
  POD("pods", "/api/v1/pods", true),
  NAMESPACE("namespaces", "/api/v1/namespaces", true),
  NODE("nodes", "/api/v1/nodes", true),
  /// Between a Deployment and its pods.
  REPLICA_SET("replicasets", "/apis/apps/v1/replicasets", false),
  /// A pod's owner, or between a CronJob and its pods.
  JOB("jobs", "/apis/batch/v1/jobs", false);

  private final String resource;
  private final String path;
  private final boolean hasLabels;

  Kind(String resource, String path, boolean hasLabels) {
    this.resource = resource;
    this.path = path;
    this.hasLabels = hasLabels;
  }

  /// As permissions name it.
  String resource() {
    return resource;
  }

  /// Of the collection.
  String path() {
    return path;
  }

  /// What is asked of its lists.
  Form listForm() {
    return this == POD ? Form.WHOLE : Form.METADATA_LIST;
  }

  /// What is asked of its watches. Of pods it is to be known too which containers were started.
  Form watchForm() {
    return this == POD ? Form.WHOLE : Form.METADATA;
  }

  /// Whether its labels are kept.
  boolean hasLabels() {
    return hasLabels;
  }
}
