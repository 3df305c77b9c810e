/**
 * What every door to a session shares on the caller's side: how a blocking session waits, and which listener hears
 * which event.
 *
 * <p>Internal: exported to Coord's own modules only.
 */
@NullMarked
package io.coord.session;

import org.jspecify.annotations.NullMarked;
