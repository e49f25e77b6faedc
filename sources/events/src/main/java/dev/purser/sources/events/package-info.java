/// Watches Kubernetes Events.
@NullMarked
package dev.purser.sources.events;

import org.jspecify.annotations.NullMarked;
