package io.coord.testkit.mutants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A failure's world is made smaller, seen on a mutant. */
@Timeout(60)
class ShrinkingTest {

    private static final Pattern SMALLER =
            Pattern.compile("(\\d+) clients, (\\d+) s, mishaps \\[([A-Z_, ]*)]:\n.* -Dsim\\.seed=7 .*-Dsim\\.without=([A-Z_,]+)");

    @Test
    void aFailureIsToldOfWithASmallerWorldInWhichTheSameInvariantBreaks() throws Exception {
        Mutant mutant = Mutant.all().stream().filter(one -> one.name().startsWith("r8-acknowledges")).findFirst().orElseThrow();
        Method run = mutant.loader().loadClass("io.coord.testkit.sim.Shrinking").getMethod("run", long.class, int.class, int.class);

        Throwable thrown = catchThrowable(() -> run.invoke(null, 7L, 3, 40));

        assertThat(thrown).isInstanceOf(InvocationTargetException.class);
        String told = thrown.getCause().getMessage();
        Matcher smaller = SMALLER.matcher(told);
        assertThat(smaller.find()).as(told).isTrue();
        assertThat(Integer.parseInt(smaller.group(2))).as(told).isLessThan(40);
        assertThat(smaller.group(3).split(",").length).as(told).isLessThan(smaller.group(4).split(",").length);
    }
}
