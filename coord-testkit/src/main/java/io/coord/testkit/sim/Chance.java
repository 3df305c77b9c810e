package io.coord.testkit.sim;

import java.util.SplittableRandom;

/**
 * The random choices of one component, derived from the world's seed and the component's name, so that a draw more in one place shifts
 * none in another.
 */
public final class Chance {

    private final SplittableRandom random;

    private Chance(SplittableRandom random) {
        this.random = random;
    }

    /** The choices of a component. */
    public static Chance of(long seed, String component) {
        long mixed = seed;
        for (int i = 0; i < component.length(); i++) {
            mixed = (mixed ^ component.charAt(i)) * 0x9E37_79B9_7F4A_7C15L;
            mixed ^= mixed >>> 29;
        }
        return new Chance(new SplittableRandom(mixed));
    }

    /** Any number. */
    public long any() {
        return random.nextLong();
    }

    /** A number from 0 to {@code bound - 1}. */
    public int below(int bound) {
        return random.nextInt(bound);
    }

    /** A number from {@code min} to {@code max}, both included. */
    public long between(long min, long max) {
        return min + random.nextLong(max - min + 1);
    }

    /** Whether something of this probability happens now. */
    public boolean happens(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    /** One of them. */
    @SafeVarargs
    public final <T> T oneOf(T... items) {
        return items[random.nextInt(items.length)];
    }

    /** A waiting time of this mean, exponentially distributed; the logarithm is the one that is equal on every machine. */
    public long exponential(long meanNanos) {
        return (long) (-StrictMath.log(1.0 - random.nextDouble()) * meanNanos);
    }

    /** A number between the two whose logarithm is evenly distributed: small ones as often as large ones. */
    public long logUniform(long min, long max) {
        double low = StrictMath.log(min);
        double high = StrictMath.log(max);
        return Math.min(max, (long) StrictMath.exp(low + (high - low) * random.nextDouble()));
    }
}
