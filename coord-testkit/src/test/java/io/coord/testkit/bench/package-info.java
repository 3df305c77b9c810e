/** Measures against peers, each a main of its own: {@code mvn -q -Pbench -Dbench=NAME}. Ratios of one run, medians of its rounds. */
@org.jspecify.annotations.NullMarked
package io.coord.testkit.bench;
