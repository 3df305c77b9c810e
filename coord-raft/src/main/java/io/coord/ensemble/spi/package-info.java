/** What an ensemble can be given in place of its own parts: storage, transport, doors for clients, a listener of metrics. */
@NullMarked
package io.coord.ensemble.spi;

import org.jspecify.annotations.NullMarked;
