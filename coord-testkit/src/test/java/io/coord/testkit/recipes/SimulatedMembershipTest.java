package io.coord.testkit.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.recipes.Membership;
import io.coord.testkit.CoordContract.Door;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The claims of the recipe, held against five members on virtual time. */
class SimulatedMembershipTest extends MembershipContract {
    @Override
    Door openDoor() {
        return new SimulatedDoor();
    }

    @Override
    boolean hasThreads() {
        return false;
    }

    /** The creation that is under way then finds no group. */
    @Test
    void whoLeavesWhileTheGroupIsGoneDoesNotMakeItAgain() {
        NodePath group = NodePath.of("/group");
        Session one = open();
        Session two = open();
        Membership a = Membership.join(one, group, "a", Bytes.EMPTY);
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        a.onChange(view -> {
            if (view.left().contains("a")) {
                a.closeAsync().whenComplete((done, thrown) -> closed.complete(thrown == null));
            }
        });

        two.transaction().delete(group.child("a")).delete(group).commit();

        assertThat(one.await(closed)).isTrue();
        one.sync(group);
        assertThat(one.exists(group)).isEmpty();
    }
}
