/** A member of an ensemble: how to build, run, ask and close one. */
@NullMarked
package io.coord.ensemble;

import org.jspecify.annotations.NullMarked;
