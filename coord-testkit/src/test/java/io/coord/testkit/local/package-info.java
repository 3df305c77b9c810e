/** The contract through sessions of members in this JVM: on the leader, on followers, and over a restart of all. */
@NullMarked
package io.coord.testkit.local;

import org.jspecify.annotations.NullMarked;
