/// Tables, and how records become their rows.
@NullMarked
package dev.purser.core.table;

import org.jspecify.annotations.NullMarked;
