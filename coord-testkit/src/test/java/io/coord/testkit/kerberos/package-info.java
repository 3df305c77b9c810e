/** A Kerberos realm of a test's own: keys, tickets, and a KDC on loopback. */
@NullMarked
package io.coord.testkit.kerberos;

import org.jspecify.annotations.NullMarked;
