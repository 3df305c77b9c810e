/** The recipes' claims, for every door to an ensemble. */
@NullMarked
package io.coord.testkit.recipes;

import org.jspecify.annotations.NullMarked;
