/** Every order of events of a small ensemble, as far as states go. */
@NullMarked
package io.coord.testkit.exhaustive;

import org.jspecify.annotations.NullMarked;
