/** How soon an ensemble for a test is there, beside Curator's. */
@NullMarked
package io.coord.testkit.startup;

import org.jspecify.annotations.NullMarked;
