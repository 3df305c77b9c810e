package io.coord.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Marks a test's parameter of type {@link LocalEnsemble}: the test gets an ensemble of its own, in memory, which is closed after it.
 *
 * <pre>{@code
 * @Test
 * void theControllerMovesWhenItsBrokerDies(@Coord(members = 3) LocalEnsemble ensemble) {
 *   Session broker = ensemble.openSession();
 *   ...
 *   ensemble.kill(ensemble.leader());
 * }
 * }</pre>
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(EnsembleExtension.class)
public @interface Coord {

    /** How many members: 1, 3, 5 or 7. */
    int members() default 3;

    /** Settings of the members, each {@code key=value} as {@link io.coord.MemberConfig#from(java.util.Map)} reads them. */
    String[] config() default {};
}
