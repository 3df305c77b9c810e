package io.coord.testkit.sim;

import io.coord.Ensemble;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.ReadMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the operator of an ensemble asks: from one voter to three to five and back, again and again, and on the way other voters in place of
 * some, and observers that come and go.
 */
final class Wishes implements Asking {

    private static final int[] SIZES = {3, 5, 3, 1};

    private final SimWorld world;
    private final Chance chance;
    private int step;
    private int rounds;
    private boolean held;

    Wishes(SimWorld world, Chance chance) {
        this.world = world;
        this.chance = chance;
    }

    /** How often the ensemble has grown to five voters and shrunk to one again. */
    int rounds() {
        return rounds;
    }

    /** Lets the members be what they are, or not any longer. */
    void hold(boolean hold) {
        held = hold;
    }

    @Override
    public Ask next() {
        Members coming = world.coming();
        if (held || !coming.targets().isEmpty() || chance.happens(0.2)) {
            return look();
        }
        Ensemble present = coming.present();
        while (present.voters().size() == SIZES[step]) {
            step = (step + 1) % SIZES.length;
            rounds += step == 0 ? 1 : 0;
        }
        Ensemble target = target(present);
        boolean isWish = target != null && !target.equals(present) && coming.isBearable(target, null);
        return isWish ? new Ask(wish(present, Objects.requireNonNull(target)), ReadMode.LOCAL, false) : look();
    }

    private Ask look() {
        return chance.happens(0.3)
                ? new Ask(new Operation.Sync("/"), ReadMode.LOCAL, false)
                : new Ask(new Operation.GetData("/zookeeper/config"), chance.happens(0.5) ? ReadMode.LINEARIZABLE : ReadMode.LOCAL, false);
    }

    private @Nullable Ensemble target(Ensemble present) {
        List<MemberId> voters = new ArrayList<>(present.voters().keySet());
        List<MemberId> observers = new ArrayList<>(present.observers().keySet());
        List<MemberId> ready = new ArrayList<>(observers);
        ready.removeIf(id -> !world.coming().isWhole(id));
        double dice = chance.happens(0.3) ? chance.below(100) / 100.0 : 1;
        if (dice < 0.5 && !ready.isEmpty()) {
            exchange(voters, observers, ready);
        } else if (dice < 0.8 && !observers.isEmpty()) {
            observers.remove(chance.below(observers.size()));
        } else if (dice >= 0.9 && dice < 1 && world.coming().vacant().size() > 0) {
            observers.add(world.coming().vacant().get(0)); // which nobody has started yet
        } else if (SIZES[step] < voters.size()) {
            for (int i = 0; i < 2; i++) {
                MemberId leaves = voters.remove(chance.below(voters.size()));
                if (chance.happens(0.4)) {
                    observers.add(leaves);
                }
            }
        } else if (ready.size() < 2) {
            world.coming().join(chance);
            return null;
        } else {
            for (int i = 0; i < 2; i++) {
                MemberId comes = ready.remove(chance.below(ready.size()));
                observers.remove(comes);
                voters.add(comes);
            }
        }
        return ensemble(voters, observers);
    }

    private void exchange(List<MemberId> voters, List<MemberId> observers, List<MemberId> ready) {
        MemberId comes = ready.get(chance.below(ready.size()));
        MemberId leaves = voters.remove(chance.below(voters.size()));
        observers.remove(comes);
        voters.add(comes);
        if (chance.happens(0.5)) {
            observers.add(leaves);
        }
    }

    private static Ensemble ensemble(Collection<MemberId> voters, Collection<MemberId> observers) {
        TreeMap<MemberId, MemberAddress> voting = new TreeMap<>();
        TreeMap<MemberId, MemberAddress> observing = new TreeMap<>();
        voters.forEach(id -> voting.put(id, SimWorld.address(id)));
        observers.forEach(id -> observing.put(id, SimWorld.address(id)));
        return new Ensemble(voting, observing);
    }

    /** In full, or as what changes; now and then on a condition, that may not hold any more. */
    private Operation.Reconfigure wish(Ensemble present, Ensemble target) {
        long expected = chance.happens(0.8) ? Operation.Reconfigure.ANY_CONFIG : world.checks().raft().configurationIndex();
        if (chance.happens(0.6)) {
            return new Operation.Reconfigure(target.toString(), true, List.of(), expected);
        }
        List<MemberId> leaving = new ArrayList<>(present.members());
        leaving.removeAll(target.members());
        return new Operation.Reconfigure(target.toString(), false, leaving, expected);
    }

    /** The members that a wish of this operator leads to. */
    static Ensemble wanted(Operation.Reconfigure wish) {
        return Ensemble.parse(wish.members());
    }

    @Override
    public void told(Operation<?> operation, @Nullable Object value) {}

    @Override
    public void forget() {}

    @Override
    public String watchable() {
        return chance.happens(0.5) ? "/zookeeper/config" : "/zookeeper";
    }
}
