/** The checkers, checked: valid histories are accepted, planted violations found. */
@NullMarked
package io.coord.testkit.check;

import org.jspecify.annotations.NullMarked;
