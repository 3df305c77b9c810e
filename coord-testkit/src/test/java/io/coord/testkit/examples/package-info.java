/** The README's examples, compiled and run. */
@NullMarked
package io.coord.testkit.examples;

import org.jspecify.annotations.NullMarked;
