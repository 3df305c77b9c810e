/** Variants of the code that break one rule each, and what finds them out. */
@NullMarked
package io.coord.testkit.mutants;

import org.jspecify.annotations.NullMarked;
