/// Runs the sources of one node and sends what they read to a hub.
@NullMarked
package dev.purser.agent;

import org.jspecify.annotations.NullMarked;
