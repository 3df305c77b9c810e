/**
 * What is built from nodes, watches and sessions again and again: leader election, locks, membership, mirrored configuration.
 *
 * <p>All of it runs on {@link io.coord.AsyncSession} and its callback executor: no recipe has a thread, a clock or a random number of its
 * own, so the same code runs in a broker, over ZooKeeper's wire and in a simulation. What is common to all:
 *
 * <ul>
 *   <li>A recipe belongs to its session. While that is <em>suspended</em>, claims made through it are not to be relied on, and the methods
 *       that tell them ({@code isLeader()}, {@code isHeld()}, {@code isMember()}) say false at once, as
 *       {@link io.coord.AsyncSession#state()} does. When the session is connected again, the recipe looks what still holds and goes on.
 *       When the session is <em>over</em>, so is the recipe: open a new session, and join anew.
 *   <li>No claim is safety: between looking and acting a pause may come in which the claim is lost. Hand the <em>fencing token</em> to
 *       whatever is written, and let it refuse a smaller one than it has seen.
 *   <li>Listeners are called on the session's callback executor, one at a time and in order. They must not block; the methods that wait
 *       throw {@link java.lang.IllegalStateException} there.
 *   <li>A write whose outcome is unknown is never repeated blindly: the recipe first looks for the node it may have created.
 *   <li>Missing parents are created, open to anyone. To have other access control lists, create them before.
 * </ul>
 */
@NullMarked
package io.coord.recipes;

import org.jspecify.annotations.NullMarked;
