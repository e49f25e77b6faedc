/// What the JDK lacks of the operating system.
@NullMarked
package dev.purser.core.system;

import org.jspecify.annotations.NullMarked;
