/** The simulation, put to use: seeds, figures, determinism. */
@NullMarked
package io.coord.testkit.sim;

import org.jspecify.annotations.NullMarked;
