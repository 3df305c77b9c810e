/** Processes that are killed in the middle of their writes. */
@NullMarked
package io.coord.testkit.kill;

import org.jspecify.annotations.NullMarked;
