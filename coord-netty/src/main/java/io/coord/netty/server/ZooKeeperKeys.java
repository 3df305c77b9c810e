package io.coord.netty.server;

import java.util.List;
import java.util.Set;

/**
 * The names of Apache ZooKeeper's server settings that say nothing to a member of ours, without the prefix {@code zookeeper.}: those
 * of its administrator's guide and of QuorumPeerConfig in 3.9. To know them is to tell a setting that came with an old zoo.cfg, and may be
 * passed over, from one that is misspelt, and may not.
 */
final class ZooKeeperKeys {

    /** Families of names. */
    private static final List<String> FAMILIES = List.of(
            "admin.", "audit.", "authProvider.", "autopurge.", "commitProcessor.", "connection_throttle_", "fastleader.", "group.",
            "jvm.pause.", "kerberos.", "learner.", "leader.", "messageTracker.", "metricsProvider.", "multiAddress.", "netty.", "nio.",
            "observer.", "pathStats.", "quorum.", "request_", "sasl.", "security.", "snapshot.", "weight.", "X509AuthenticationProvider.",
            "IPAuthenticationProvider.", "SASLAuthenticationProvider.");

    /** Names that belong to no family. */
    private static final Set<String> SINGLE = Set.copyOf(List.of(
            "advancedFlowControlEnabled", "allowSaslFailedQuorumLearners", "bitHashCacheSize", "client.certReload",
            "client.portUnification", "clientCnxnSocket", "clientPortListenBacklog", "clientTcpKeepAlive", "closeSessionTxn.enabled",
            "cnxTimeout", "commitLogCount", "connectToLearnerMasterLimit", "connectionDecreaseRatio", "connectionDropDecrease",
            "connectionDropIncrease", "connectionFreezeTime", "connectionMaxTokens", "connectionTokenFillCount",
            "connectionTokenFillTime", "dataLogDir", "datadir.autocreate", "db.autocreate", "digest.enabled", "electionAlg",
            "electionPortBindRetry", "emulate353TTLNodes", "enableEagerACLCheck", "ensembleAuthName", "extendedTypes.ttl", "fips-mode",
            "flushDelay", "follower.nodelay", "follower.skipLearnerRequestToNextProcessor", "forceSnapshotSync", "forceSync",
            "forward_learner_requests_to_commit_processor_disabled", "fsync.warningthresholdms",
            "initLimit", "intBufferStartingSizeBytes", "jaasLoginRenew", "jmx.log4j.disable", "jute.maxbuffer.extrasize",
            "kinit", "leaderConnectDelayDuringRetryMs", "leaderServes", "maxBatchSize", "maxConcurrentDiffSyncs",
            "maxConcurrentSnapSyncs", "maxGetChildrenResponseCacheSize", "maxInProcessingDeadWatchers", "maxResponseCacheSize",
            "maxTimeToWaitForEpoch", "maxWriteQueuePollTime", "observerMaster.sizeLimit", "observerMasterPort", "oraclePath",
            "outstandingHandshake.limit", "portUnification", "preAllocSize", "quorumCnxnTimeoutMs", "requestStaleConnectionCheck",
            "requestStaleLatencyCheck", "requestThrottleDropStale", "requestThrottleLimit", "requestThrottleStallTime",
            "requireKerberosConfig", "serializeLastProcessedZxid.enabled", "serverCnxnFactory", "snapshotSizeFactor",
            "sslQuorumReloadCertFiles", "standaloneEnabled", "syncEnabled", "syncLimit", "tcpKeepAlive", "throttledOpWaitTime",
            "traceFile", "traceMask", "txnLogSizeLimitInKb", "version", "warningthreshold", "watchManagerName",
            "watcherCleanIntervalInSeconds", "watcherCleanThreadsNum", "watcherCleanThreshold", "znode.container.maxPerMinute"));

    private ZooKeeperKeys() {}

    /** Whether ZooKeeper has a setting of this name that says nothing here. */
    static boolean has(String name) {
        return SINGLE.contains(name) || FAMILIES.stream().anyMatch(name::startsWith);
    }

    /** Why a setting says nothing here, in a few words. */
    static String why(String name) {
        return switch (name) {
            case "initLimit", "syncLimit", "connectToLearnerMasterLimit", "cnxTimeout" ->
                "how long a member may lag or be silent follows from heartbeat, electionTimeout and the length of the log";
            case "dataLogDir" -> "the log lies beside the snapshots, in dataDir";
            case "forceSync", "preAllocSize", "fsync.warningthresholdms" ->
                "a write is acknowledged when it is on the disks of a majority, always";
            case "electionAlg", "leaderServes" -> "members elect by Raft, and each of them serves clients";
            case "client.certReload" -> "key stores for clients are read once: restart the member for new certificates";
            case "sslQuorumReloadCertFiles" -> "new certificates of members are read by themselves";
            case "standaloneEnabled" -> "an ensemble of one member is stand-alone";
            case "observerMasterPort" -> "an observer follows the leader";
            case "connectionMaxTokens" -> calledOtherwise("connection_throttle_tokens");
            case "connectionTokenFillTime" -> calledOtherwise("connection_throttle_fill_time");
            case "connectionTokenFillCount" -> calledOtherwise("connection_throttle_fill_count");
            case "throttledOpWaitTime" -> calledOtherwise("throttled_op_wait_time");
            default -> whyFamily(name);
        };
    }

    private static String whyFamily(String name) {
        if (name.startsWith("autopurge.")) {
            return "old snapshots are removed by themselves";
        }
        if (name.startsWith("admin.") || name.startsWith("metricsProvider.")) {
            return "there is no such port; `mntr` has the figures";
        }
        return name.startsWith("group.") || name.startsWith("weight.") ? "each voter has one vote" : "nothing here depends on it";
    }

    /** A heading of the administrator's guide, of which ZooKeeper's server does not know either. */
    private static String calledOtherwise(String name) {
        return "the name is " + name + ", to ZooKeeper's server too";
    }
}
