/** Wrong calls and wrong configurations, and what they are told. */
@NullMarked
package io.coord.testkit.badinput;

import org.jspecify.annotations.NullMarked;
