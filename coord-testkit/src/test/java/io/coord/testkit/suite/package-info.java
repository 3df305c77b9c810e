/** Apache ZooKeeper's own tests, unchanged, with Coord where its server would be: see {@link io.coord.testkit.suite.ZooKeeperSuite}. */
@NullMarked
package io.coord.testkit.suite;

import org.jspecify.annotations.NullMarked;
