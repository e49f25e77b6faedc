/// Text of others, in what is ours.
@NullMarked
package dev.purser.core.text;

import org.jspecify.annotations.NullMarked;
