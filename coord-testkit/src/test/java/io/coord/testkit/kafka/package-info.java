/** Kafka's own tests, from its release, on our members. */
@NullMarked
package io.coord.testkit.kafka;

import org.jspecify.annotations.NullMarked;
