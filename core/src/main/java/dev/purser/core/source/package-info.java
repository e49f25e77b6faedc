/// What a source is, and the way its batches take.
@NullMarked
package dev.purser.core.source;

import org.jspecify.annotations.NullMarked;
