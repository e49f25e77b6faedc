/// The frame: what goes over the wire and into the log. Specified in docs/formats/frame.md.
@NullMarked
package dev.purser.core.frame;

import org.jspecify.annotations.NullMarked;
