/// What an agent asks of a hub.
@NullMarked
package dev.purser.core.ingest;

import org.jspecify.annotations.NullMarked;
