/**
 * Where threads live: the member's loop, its inbox, and the sessions' queues between the loop and the callers.
 */
@NullMarked
package io.coord.runtime;

import org.jspecify.annotations.NullMarked;
