/// JSON over byte ranges: what sources and decoders need to take records apart without copying
/// them.
@NullMarked
package dev.purser.core.json;

import org.jspecify.annotations.NullMarked;
