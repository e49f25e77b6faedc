/// Which lines make one record together: the stack traces of six languages, and patterns of users.
/// Knows lines, and neither files nor how records are cut.
@NullMarked
package dev.purser.sources.logs.multiline;

import org.jspecify.annotations.NullMarked;
