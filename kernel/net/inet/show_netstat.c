// SPDX-License-Identifier: MPL-2.0
/*
 * TCP's lines of /proc/net/snmp and /proc/net/netstat (proc_pid_net(5)). netstat has all columns of
 * Linux in its order, since programs look for them by place; those of what does not exist here are
 * zero.
 *
 * A column that is 0 here is either of a mechanism that this TCP does not have (Fast Open, MD5,
 * AO), or of an event that it does not tell apart. nstat(8) and monitoring programs look at
 * differences, so 0 is the honest answer for what never happens.
 *
 * The mapping of names to counters is a table and not code, so that a counter that comes later
 * changes one row.
 */
#include <frame/fmt.h>

#include "tcp/tcp.h"

void tcp_show_snmp(struct fmt *out)
{
	fmt_lit(out,
		LIT("Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors\n"));
	fmt_printf(out, "Tcp: 1 %lu %lu -1 %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu\n",
		TCP_RTO_MIN_NS / NSEC_PER_MSEC, TCP_RTO_MAX_NS / NSEC_PER_MSEC,
		tcp_counter_sum(TCP_ACTIVE_OPENS), tcp_counter_sum(TCP_PASSIVE_OPENS),
		tcp_counter_sum(TCP_ATTEMPT_FAILS), tcp_counter_sum(TCP_ESTAB_RESETS),
		tcp_counter_sum(TCP_CURR_ESTAB), tcp_counter_sum(TCP_IN_SEGS),
		tcp_counter_sum(TCP_OUT_SEGS), tcp_counter_sum(TCP_RETRANS_SEGS),
		tcp_counter_sum(TCP_IN_ERRS), tcp_counter_sum(TCP_OUT_RSTS),
		tcp_counter_sum(TCP_IN_CSUM_ERRORS));
}

/* A name of Linux, and where its number is; TCP_NOTHING: always 0. */
struct tcp_column {
	struct lit name;
	enum tcp_counter counter;
};
static const struct tcp_column columns[] = {
	{ LIT("SyncookiesSent"), TCP_SYNCOOKIES_SENT },
	{ LIT("SyncookiesRecv"), TCP_SYNCOOKIES_RECV },
	{ LIT("SyncookiesFailed"), TCP_SYNCOOKIES_FAILED },
	{ LIT("EmbryonicRsts"), TCP_EMBRYONIC_RSTS },
	{ LIT("PruneCalled"), TCP_PRUNE_CALLED },
	{ LIT("RcvPruned"), TCP_NOTHING },
	{ LIT("OfoPruned"), TCP_OFO_PRUNED },
	{ LIT("OutOfWindowIcmps"), TCP_OUT_OF_WINDOW_ICMPS },
	{ LIT("LockDroppedIcmps"), TCP_NOTHING },
	{ LIT("ArpFilter"), TCP_NOTHING },
	{ LIT("TW"), TCP_TIMEWAITED },
	{ LIT("TWRecycled"), TCP_TIMEWAIT_RECYCLED },
	{ LIT("TWKilled"), TCP_NOTHING },
	{ LIT("PAWSActive"), TCP_NOTHING },
	{ LIT("PAWSEstab"), TCP_PAWS_ESTAB },
	{ LIT("DelayedACKs"), TCP_DELAYED_ACKS },
	{ LIT("DelayedACKLocked"), TCP_NOTHING },
	{ LIT("DelayedACKLost"), TCP_DELAYED_ACK_LOST },
	{ LIT("ListenOverflows"), TCP_LISTEN_OVERFLOWS },
	{ LIT("ListenDrops"), TCP_LISTEN_DROPS },
	{ LIT("TCPHPHits"), TCP_NOTHING },
	{ LIT("TCPPureAcks"), TCP_PURE_ACKS },
	{ LIT("TCPHPAcks"), TCP_NOTHING },
	{ LIT("TCPRenoRecovery"), TCP_RENO_RECOVERY },
	{ LIT("TCPSackRecovery"), TCP_SACK_RECOVERY },
	{ LIT("TCPSACKReneging"), TCP_SACK_RENEGING },
	{ LIT("TCPSACKReorder"), TCP_SACK_REORDER },
	{ LIT("TCPRenoReorder"), TCP_NOTHING },
	{ LIT("TCPTSReorder"), TCP_NOTHING },
	{ LIT("TCPFullUndo"), TCP_FULL_UNDO },
	{ LIT("TCPPartialUndo"), TCP_NOTHING },
	{ LIT("TCPDSACKUndo"), TCP_DSACK_UNDO },
	{ LIT("TCPLossUndo"), TCP_LOSS_UNDO },
	{ LIT("TCPLostRetransmit"), TCP_LOST_RETRANSMIT },
	{ LIT("TCPRenoFailures"), TCP_RENO_FAILURES },
	{ LIT("TCPSackFailures"), TCP_SACK_FAILURES },
	{ LIT("TCPLossFailures"), TCP_LOSS_FAILURES },
	{ LIT("TCPFastRetrans"), TCP_FAST_RETRANS },
	{ LIT("TCPSlowStartRetrans"), TCP_SLOW_START_RETRANS },
	{ LIT("TCPTimeouts"), TCP_TIMEOUTS },
	{ LIT("TCPLossProbes"), TCP_LOSS_PROBES },
	{ LIT("TCPLossProbeRecovery"), TCP_LOSS_PROBE_RECOVERY },
	{ LIT("TCPRenoRecoveryFail"), TCP_RENO_RECOVERY_FAIL },
	{ LIT("TCPSackRecoveryFail"), TCP_SACK_RECOVERY_FAIL },
	{ LIT("TCPRcvCollapsed"), TCP_NOTHING },
	{ LIT("TCPBacklogCoalesce"), TCP_NOTHING },
	{ LIT("TCPDSACKOldSent"), TCP_DSACK_OLD_SENT },
	{ LIT("TCPDSACKOfoSent"), TCP_DSACK_OFO_SENT },
	{ LIT("TCPDSACKRecv"), TCP_DSACK_RECV },
	{ LIT("TCPDSACKOfoRecv"), TCP_DSACK_OFO_RECV },
	{ LIT("TCPAbortOnData"), TCP_ABORT_ON_DATA },
	{ LIT("TCPAbortOnClose"), TCP_ABORT_ON_CLOSE },
	{ LIT("TCPAbortOnMemory"), TCP_ABORT_ON_MEMORY },
	{ LIT("TCPAbortOnTimeout"), TCP_ABORT_ON_TIMEOUT },
	{ LIT("TCPAbortOnLinger"), TCP_ABORT_ON_LINGER },
	{ LIT("TCPAbortFailed"), TCP_ABORT_FAILED },
	{ LIT("TCPMemoryPressures"), TCP_NOTHING },
	{ LIT("TCPMemoryPressuresChrono"), TCP_NOTHING },
	{ LIT("TCPSACKDiscard"), TCP_NOTHING },
	{ LIT("TCPDSACKIgnoredOld"), TCP_NOTHING },
	{ LIT("TCPDSACKIgnoredNoUndo"), TCP_NOTHING },
	{ LIT("TCPSpuriousRTOs"), TCP_SPURIOUS_RTOS },
	{ LIT("TCPMD5NotFound"), TCP_NOTHING },
	{ LIT("TCPMD5Unexpected"), TCP_NOTHING },
	{ LIT("TCPMD5Failure"), TCP_NOTHING },
	{ LIT("TCPSackShifted"), TCP_NOTHING },
	{ LIT("TCPSackMerged"), TCP_NOTHING },
	{ LIT("TCPSackShiftFallback"), TCP_NOTHING },
	{ LIT("TCPBacklogDrop"), TCP_NOTHING },
	{ LIT("PFMemallocDrop"), TCP_NOTHING },
	{ LIT("TCPMinTTLDrop"), TCP_NOTHING },
	{ LIT("TCPDeferAcceptDrop"), TCP_DEFER_ACCEPT_DROP },
	{ LIT("IPReversePathFilter"), TCP_REVERSE_PATH },
	{ LIT("TCPTimeWaitOverflow"), TCP_TIMEWAIT_OVERFLOW },
	{ LIT("TCPReqQFullDoCookies"), TCP_REQ_Q_FULL_DO_COOKIES },
	{ LIT("TCPReqQFullDrop"), TCP_REQ_Q_FULL_DROP },
	{ LIT("TCPRetransFail"), TCP_RETRANS_FAIL },
	{ LIT("TCPRcvCoalesce"), TCP_NOTHING },
	{ LIT("TCPOFOQueue"), TCP_OFO_QUEUE },
	{ LIT("TCPOFODrop"), TCP_OFO_DROP },
	{ LIT("TCPOFOMerge"), TCP_OFO_MERGE },
	{ LIT("TCPChallengeACK"), TCP_CHALLENGE_ACK },
	{ LIT("TCPSYNChallenge"), TCP_SYN_CHALLENGE },
	{ LIT("TCPFastOpenActive"), TCP_NOTHING },
	{ LIT("TCPFastOpenActiveFail"), TCP_NOTHING },
	{ LIT("TCPFastOpenPassive"), TCP_NOTHING },
	{ LIT("TCPFastOpenPassiveFail"), TCP_NOTHING },
	{ LIT("TCPFastOpenListenOverflow"), TCP_NOTHING },
	{ LIT("TCPFastOpenCookieReqd"), TCP_NOTHING },
	{ LIT("TCPFastOpenBlackhole"), TCP_NOTHING },
	{ LIT("TCPSpuriousRtxHostQueues"), TCP_NOTHING },
	{ LIT("BusyPollRxPackets"), TCP_NOTHING },
	{ LIT("TCPAutoCorking"), TCP_NOTHING },
	{ LIT("TCPFromZeroWindowAdv"), TCP_NOTHING },
	{ LIT("TCPToZeroWindowAdv"), TCP_NOTHING },
	{ LIT("TCPWantZeroWindowAdv"), TCP_NOTHING },
	{ LIT("TCPSynRetrans"), TCP_SYN_RETRANS },
	{ LIT("TCPOrigDataSent"), TCP_ORIG_DATA_SENT },
	{ LIT("TCPHystartTrainDetect"), TCP_NOTHING },
	{ LIT("TCPHystartTrainCwnd"), TCP_NOTHING },
	{ LIT("TCPHystartDelayDetect"), TCP_HYSTART_DELAY },
	{ LIT("TCPHystartDelayCwnd"), TCP_HYSTART_DELAY_CWND },
	{ LIT("TCPACKSkippedSynRecv"), TCP_SKIPPED_SYN_RECV },
	{ LIT("TCPACKSkippedPAWS"), TCP_SKIPPED_PAWS },
	{ LIT("TCPACKSkippedSeq"), TCP_SKIPPED_SEQ },
	{ LIT("TCPACKSkippedFinWait2"), TCP_NOTHING },
	{ LIT("TCPACKSkippedTimeWait"), TCP_SKIPPED_TIMEWAIT },
	{ LIT("TCPACKSkippedChallenge"), TCP_SKIPPED_CHALLENGE },
	{ LIT("TCPWinProbe"), TCP_WIN_PROBE },
	{ LIT("TCPKeepAlive"), TCP_KEEPALIVE },
	{ LIT("TCPMTUPFail"), TCP_NOTHING },
	{ LIT("TCPMTUPSuccess"), TCP_NOTHING },
	{ LIT("TCPDelivered"), TCP_DELIVERED },
	{ LIT("TCPDeliveredCE"), TCP_DELIVERED_CE },
	{ LIT("TCPAckCompressed"), TCP_ACK_COMPRESSED },
	{ LIT("TCPZeroWindowDrop"), TCP_NOTHING },
	{ LIT("TCPRcvQDrop"), TCP_NOTHING },
	{ LIT("TCPWqueueTooBig"), TCP_NOTHING },
	{ LIT("TCPFastOpenPassiveAltKey"), TCP_NOTHING },
	{ LIT("TcpTimeoutRehash"), TCP_NOTHING },
	{ LIT("TcpDuplicateDataRehash"), TCP_NOTHING },
	{ LIT("TCPDSACKRecvSegs"), TCP_DSACK_RECV_SEGS },
	{ LIT("TCPDSACKIgnoredDubious"), TCP_NOTHING },
	{ LIT("TCPMigrateReqSuccess"), TCP_NOTHING },
	{ LIT("TCPMigrateReqFailure"), TCP_NOTHING },
	{ LIT("TCPPLBRehash"), TCP_NOTHING },
	{ LIT("TCPAORequired"), TCP_NOTHING },
	{ LIT("TCPAOBad"), TCP_NOTHING },
	{ LIT("TCPAOKeyNotFound"), TCP_NOTHING },
	{ LIT("TCPAOGood"), TCP_NOTHING },
	{ LIT("TCPAODroppedIcmps"), TCP_NOTHING },
};

/* TCP_REVERSE_PATH is of IPv4, but stands here on Linux. */
void tcp_show_netstat(struct fmt *out, u64 reverse_path)
{
	u32 i;

	fmt_lit(out, LIT("TcpExt:"));
	for (i = 0; i < ARRAY_LEN(columns); i++) {
		fmt_char(out, ' ');
		fmt_lit(out, array_at(columns, i)->name);
	}
	fmt_lit(out, LIT("\nTcpExt:"));
	for (i = 0; i < ARRAY_LEN(columns); i++) {
		enum tcp_counter c = array_at(columns, i)->counter;
		fmt_printf(out, " %lu", c == TCP_REVERSE_PATH ? reverse_path : tcp_counter_sum(c));
	}
	fmt_char(out, '\n');
}
