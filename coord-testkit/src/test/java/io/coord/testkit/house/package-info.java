/** The walls of the house, checked: which room may see which, and what no room may do. */
@NullMarked
package io.coord.testkit.house;

import org.jspecify.annotations.NullMarked;
