/**
 * ZooKeeper's client protocol as records: bytes to records and back, in both directions, without behaviour. Frames are cut elsewhere;
 * here is what is inside.
 */
@NullMarked
package io.coord.netty.jute;

import org.jspecify.annotations.NullMarked;
