/// The containers of this node, as their runtimes tell of them: containerd and CRI-O by the CRI,
/// Docker by its API.
@NullMarked
package dev.purser.containers;

import org.jspecify.annotations.NullMarked;
