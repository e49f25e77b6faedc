/// The command line, and the one place where the parts are wired together.
@NullMarked
package dev.purser.app;

import org.jspecify.annotations.NullMarked;
