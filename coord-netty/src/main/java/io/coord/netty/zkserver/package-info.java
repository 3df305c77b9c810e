/**
 * One client's connection, over the member's {@link io.coord.ensemble.spi.SessionPort}: handshake, requests in their order, answers and
 * events in theirs.
 */
@NullMarked
package io.coord.netty.zkserver;

import org.jspecify.annotations.NullMarked;
