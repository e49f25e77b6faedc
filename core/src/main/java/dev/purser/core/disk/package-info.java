/// The disk, so far as durability rests on it.
@NullMarked
package dev.purser.core.disk;

import org.jspecify.annotations.NullMarked;
