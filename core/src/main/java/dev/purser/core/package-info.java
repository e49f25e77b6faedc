/// Records, batches, streams and positions: what every other part of Purser speaks.
@NullMarked
package dev.purser.core;

import org.jspecify.annotations.NullMarked;
