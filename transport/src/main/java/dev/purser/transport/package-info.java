/// Agent to hub and client to hub over HTTP with TLS, as docs/formats/transport.md says.
@NullMarked
package dev.purser.transport;

import org.jspecify.annotations.NullMarked;
