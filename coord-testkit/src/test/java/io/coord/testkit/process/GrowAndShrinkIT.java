package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process that is alone, joined by two others and left by them again, by ZooKeeper's reconfig, under clients that write. */
@Tag("bars")
@Timeout(600)
class GrowAndShrinkIT {

    private static final int ROUNDS = Integer.getInteger("grow.rounds", 1);
    private static final int CLIENTS = 2;
    private static final int ATTEMPTS = 8;

    @Test
    @DisplayName("zk.RC2: 1 to 3 processes and back, each of the three killed in between: nothing acknowledged lost, no read going back")
    void anEnsembleGrowsAndShrinksUnderWritingClients() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.alone(3, "grow", "heartbeat=150ms", "electionTimeout=1500ms", "minSessionTimeout=1s",
                        Administrator.ALLOWED, Administrator.SUPERUSER);
                Workload workload = Workload.start(ensemble.connectString(), CLIENTS);
                Administrator admin = new Administrator(ensemble)) {
            for (int round = 1; round <= ROUNDS; round++) {
                ensemble.start(2);
                ensemble.start(3);
                admin.reconfigure(List.of(1, 2, 3));
                ensemble.awaitServing(2);
                ensemble.awaitServing(3);
                for (int id : ensemble.ids()) {
                    long before = workload.acknowledged();
                    ensemble.kill(id);
                    workload.awaitWrite(before, "while member " + id + " of three is dead");
                    ensemble.restart(id);
                }
                admin.reconfigure(List.of(1));
                long before = workload.acknowledged();
                for (int id = 2; id <= 3; id++) {
                    assertThat(ensemble.process(id).awaitEnd()).as("member %s, which was removed", id).isEqualTo(1);
                    assertThat(ensemble.process(id).said()).contains("member " + id + " was removed from the ensemble");
                    ensemble.wipe(id);
                }
                workload.awaitWrite(before, "while member 1 is alone again");
            }
            System.out.printf("grow and shrink: %d rounds, %d writes acknowledged%n", ROUNDS, workload.acknowledged());
            assertThat(workload.verdict(ensemble, List.of(1))).isEmpty();
        }
    }

    @Test
    @DisplayName("zk.RC2: who began alone hands over when it is one of three, and does not run where the others cannot reach it")
    void whoBeganAloneIsOneOfThree() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.alone(3, "began-alone", "heartbeat=150ms", "electionTimeout=1500ms", "minSessionTimeout=1s",
                Administrator.ALLOWED, Administrator.SUPERUSER)) {
            ensemble.start(2);
            ensemble.start(3);
            try (Administrator admin = new Administrator(ensemble)) {
                admin.reconfigure(List.of(1, 2, 3));
            }
            ensemble.awaitServing(2);
            ensemble.awaitServing(3);

            for (int attempt = 1; !handsOver(ensemble); attempt++) {
                assertThat(attempt).as("members ended until 1 has handed over").isLessThan(ATTEMPTS);
            }

            List<String> command = ensemble.command(1);
            int allowed = command.indexOf(Administrator.ALLOWED);
            command.subList(allowed - 1, allowed + 1).clear();
            try (ServerProcess unreachable = ensemble.process(1, command)) {
                unreachable.start();
                assertThat(unreachable.awaitEnd()).isEqualTo(1);
                assertThat(unreachable.said()).contains("COORD-1053", "members [1, 2, 3]", "reconfigEnabled=true");
            }
        }
    }

    /**
     * Ends member 1, which leads; says whether it has handed over. A pause may have cost it the lead, until a moment ago: then it is
     * there again afterwards, and so is whoever led instead, who was ended for the lead to come back.
     */
    private static boolean handsOver(ProcessEnsemble ensemble) throws InterruptedException {
        int leader = ensemble.awaitLeader();
        ServerProcess process = ensemble.process(leader);
        assertThat(process.terminate()).isZero();
        if (leader == 1 && process.said().contains("member 1 has handed leadership over")) {
            return true;
        }
        ensemble.restart(leader);
        return false;
    }
}
