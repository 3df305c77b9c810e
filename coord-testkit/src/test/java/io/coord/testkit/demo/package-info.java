/** The demo: an ensemble does for a cluster of brokers what ZooKeeper did, on what a real cluster did to a real ZooKeeper. */
@NullMarked
package io.coord.testkit.demo;

import org.jspecify.annotations.NullMarked;
