/// Carries frames from agents to a hub over HTTP/2 with TLS.
@NullMarked
package dev.purser.transport;

import org.jspecify.annotations.NullMarked;
