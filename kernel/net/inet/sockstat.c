// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/net/sockstat and sockstat6 (proc_pid_net(5)): how many sockets there are and what they hold.
 * The numbers of a family are found by walking the tables, so nothing is counted on the way of a
 * packet. "inuse" are sockets that packets can find; memory is in pages, but for fragments.
 */
#include <frame/fmt.h>
#include <frame/task.h>

#include "raw.h"
#include "tcp/tcp.h"
#include "udp.h"

/* Listeners and connections; those in TIME_WAIT are counted by themselves. */
static u32 tcp_count_used(u32 family)
{
	struct tcp_sock *ts;
	u32 i, n, sum = 0;

	for (i = 0; i < TCP_LISTEN_BUCKETS + TCP_BUCKETS; i++) {
		n = 0;
		while ((ts = tcp_table_next(i, family, &n)) != NULL) {
			n++;
			sum++;
			obj_put(&ts);
			task_cond_resched();
		}
	}
	return sum;
}

void inet_show_sockstat(struct fmt *out)
{
	u64 bytes = 0;
	u32 n;

	fmt_printf(out, "sockets: used %lu\n", socket_count_open());
	fmt_printf(out, "TCP: inuse %u orphan %lu tw %u alloc %lu mem %lu\n",
		tcp_count_used(AF_INET), atomic_load(&tcp_orphans), tcp_timewait_count(),
		tcp_counter_sum(TCP_ALLOCATED), atomic_load(&tcp_memory) >> PAGE_SHIFT);
	fmt_printf(out, "UDP: inuse %u mem %lu\n", udp_count_bound(AF_INET), inet_memory_held());
	fmt_printf(out, "UDPLITE: inuse 0\nRAW: inuse %u\n", raw_count(AF_INET));
	n = frag_count(true, &bytes);
	fmt_printf(out, "FRAG: inuse %u memory %lu\n", n, bytes);
}

void inet_show_sockstat6(struct fmt *out)
{
	u64 bytes = 0;
	u32 n = frag_count(false, &bytes);

	fmt_printf(out, "TCP6: inuse %u\nUDP6: inuse %u\nUDPLITE6: inuse 0\nRAW6: inuse %u\n",
		tcp_count_used(AF_INET6), udp_count_bound(AF_INET6), raw_count(AF_INET6));
	fmt_printf(out, "FRAG6: inuse %u memory %lu\n", n, bytes);
}
