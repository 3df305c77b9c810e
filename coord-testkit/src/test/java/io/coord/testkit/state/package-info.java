/** The contract on the replicated state alone: one writer, no log, no network. */
@NullMarked
package io.coord.testkit.state;

import org.jspecify.annotations.NullMarked;
