package io.coord.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;

/**
 * A test of one statement, or of several together, of the ZooKeeper client contract. The test's name is the claim; its display
 * name is the ids and the claim.
 */
@Test
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Proves {
    /** The ids, such as {@code zk.C5}. */
    String[] value();
}
