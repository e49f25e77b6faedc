package dev.purser.sources.objects;

/// Names an object, also when it is gone.
///
/// @param key a namespace's or a node's name; the uid of others. A static pod has that under which
///   its node knows it: its mirror in the API has another
record ObjectId(String cluster, Kind kind, String key) {}
