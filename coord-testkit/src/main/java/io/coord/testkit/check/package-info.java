/**
 * What must hold, judged by bookkeeping of its own: the checks see what members send, write, force, apply and answer, and never ask
 * a member about the past.
 */
@NullMarked
package io.coord.testkit.check;

import org.jspecify.annotations.NullMarked;
