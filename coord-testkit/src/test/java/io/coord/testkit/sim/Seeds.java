package io.coord.testkit.sim;

import io.coord.testkit.check.Violation;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs seeds from a command line and prints what came of each: {@code first count members seconds [lines]}, members -1 for worlds in
 * which they come and go. Two JVMs that print the
 * same digests have run the same worlds.
 */
public final class Seeds {

    private Seeds() {}

    /** Runs a task on so many threads at a time, and waits for all of them. */
    static void runTogether(int count, String name, Runnable task) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            threads.add(new Thread(task, name + "-" + i));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** Runs the seeds; ends abruptly with the first violation. */
    public static void main(String[] args) {
        long first = Long.parseLong(args[0]);
        int count = Integer.parseInt(args[1]);
        int members = Integer.parseInt(args[2]);
        int seconds = Integer.parseInt(args[3]);
        boolean speaks = args.length > 4 && args[4].equals("lines");
        boolean goesOn = args.length > 4 && args[4].equals("all");
        PrintStream out = System.out;
        FaultTable faults = new FaultTable();
        long began = System.nanoTime();
        long simulated = 0;
        int failed = 0;
        for (long seed = first; seed < first + count; seed++) {
            int size = members == 0 || members == -1 ? (seed % 2 == 0 ? 3 : 5) : members;
            try {
                SimRun.Report report = SimRun.of(seed, members == -1 ? Profile.changing(seed) : Profile.numbered(seed, size), seconds, speaks ? out::println : null);
                out.println("seed " + seed + " digest " + Long.toHexString(report.digest()) + " members " + size + " writes "
                        + report.acknowledgedWrites() + " leader changes " + report.leaderChanges() + " committed "
                        + report.committed() + " steps " + report.steps() + " frames " + report.frames() + " rounds " + report.rounds()
                        + " changes " + report.changes());
                faults.add(report.faults());
                simulated += report.simulatedNanos();
            } catch (Violation violation) {
                failed++;
                if (!goesOn) {
                    throw violation;
                }
                String message = String.valueOf(violation.getMessage());
                out.println("seed " + seed + " members " + size + " FAILED " + message.substring(0, Math.max(0, message.indexOf('\n'))));
            }
        }
        double wall = (System.nanoTime() - began) / 1e9;
        out.println(faults);
        out.println(failed + " failed; " + simulated / 1e9 + " simulated seconds in " + wall + " s: "
                + simulated / 1e9 / wall);
    }
}
