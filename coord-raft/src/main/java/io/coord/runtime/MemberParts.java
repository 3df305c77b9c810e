package io.coord.runtime;

import io.coord.Ensemble;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.ensemble.spi.MetricsListener;
import io.coord.ensemble.spi.Storage;
import io.coord.ensemble.spi.Transport;
import io.coord.member.MemberEvent;
import io.coord.member.MemberView;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a member is put together from.
 *
 * @param self its number
 * @param ensemble whom it belongs to
 * @param config its times and limits
 * @param storage its memory, not yet open; closed with the member
 * @param transport its way to the others, not yet started, closed with the member; null for an ensemble of one
 * @param callbacks where its sessions' callbacks run; null for an executor of its own
 * @param time its clocks
 * @param seed of its random choices
 * @param metrics told what is counted
 * @param listener told of everything that happens, on the loop
 */
public record MemberParts(
        MemberId self,
        Ensemble ensemble,
        MemberConfig config,
        Storage storage,
        @Nullable Transport transport,
        @Nullable Executor callbacks,
        TimeSource time,
        long seed,
        MetricsListener metrics,
        BiConsumer<MemberEvent, MemberView> listener) {}
