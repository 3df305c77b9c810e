/** A real ZooKeeper 3.9 behind Coord's own interfaces, to prove the contract's tests. */
@NullMarked
package io.coord.testkit.zookeeper;

import org.jspecify.annotations.NullMarked;
