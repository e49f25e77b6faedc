/// Text of others, in messages of ours.
@NullMarked
package dev.purser.core.text;

import org.jspecify.annotations.NullMarked;
