package dev.purser.core.objects;

import java.util.Map;
import java.util.Optional;

/// A pod that exists or existed.
///
/// @param labels shared with other pods that have the same
/// @param owner empty for a pod that nothing runs
public record Pod(Map<String, String> labels, Optional<Owner> owner) {}
