/// How API servers are reached: kubeconfigs, requests, watches.
@NullMarked
package dev.purser.kubernetes;

import org.jspecify.annotations.NullMarked;
