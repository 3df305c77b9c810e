/** Curator's own tests, from its release, on our members. */
@NullMarked
package io.coord.testkit.curator;

import org.jspecify.annotations.NullMarked;
