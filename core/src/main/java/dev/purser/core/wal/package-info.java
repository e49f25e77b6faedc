/// The hub's write-ahead log. Specified in docs/formats/wal.md.
@NullMarked
package dev.purser.core.wal;

import org.jspecify.annotations.NullMarked;
