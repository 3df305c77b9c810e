/**
 * A world on virtual time: members, disks, a network and clients, all driven by one queue of events and one seed. The same seed
 * gives the same run, bit by bit, in any JVM.
 */
@NullMarked
package io.coord.testkit.sim;

import org.jspecify.annotations.NullMarked;
