/// Tests over real sockets on loopback.
@NullMarked
package dev.purser.transport;

import org.jspecify.annotations.NullMarked;
