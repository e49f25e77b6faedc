/// The words all else is built of: stream, position, batch, gap.
@NullMarked
package dev.purser.core.record;

import org.jspecify.annotations.NullMarked;
