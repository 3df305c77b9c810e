package io.coord.testkit.sim;

/** Mishaps for a while, in a world in which somebody else's code runs. */
public final class Storm {

    private final SimWorld world;
    private final Chance chance;
    private Nemesis nemesis;

    /** A storm that has not begun. */
    public Storm(SimWorld world, Chance chance) {
        this.world = world;
        this.chance = chance;
        this.nemesis = new Nemesis(world, Chance.of(chance.any(), "nemesis"));
    }

    /** Begins, with mishaps drawn anew. */
    public void begin() {
        nemesis.stop();
        Profile drawn = Profile.drawn(chance.any(), world.profile().members());
        nemesis = new Nemesis(world, Chance.of(chance.any(), "nemesis"));
        world.become(drawn);
        nemesis.start(drawn.meanSecondsBetween());
    }

    /** Ends: all is mended, and everybody runs. */
    public void end() {
        nemesis.stop();
        world.heal();
    }
}
