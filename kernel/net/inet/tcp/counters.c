// SPDX-License-Identifier: MPL-2.0
/*
 * Counters of TCP (kernel/net/inet/show_netstat.c shows them). Each CPU writes its own, without
 * atomics, and a reader adds them up: a sum is of no single moment, but each event is in it once.
 */
#include <frame/cpu.h>

#include "tcp.h"

struct tcp_counters tcp_counters[MAX_CPUS];

u64 tcp_counter_sum(enum tcp_counter c)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < cpu_count(); i++)
		sum += load_once(*array_at(array_at(tcp_counters, i)->of, c));
	return sum;
}
