/// What tests and benches of the whole program run: Purser in processes of its own, a Kubernetes
/// and a Docker beside it.
@NullMarked
package dev.purser.rig;

import org.jspecify.annotations.NullMarked;
