/// Receives frames, keeps them in the write-ahead log and feeds everything that reads it.
@NullMarked
package dev.purser.hub;

import org.jspecify.annotations.NullMarked;
