// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/net/sockstat and sockstat6: how many sockets there are (proc_pid_net(5)), for `ss -s`. The
 * tables count their sockets; nothing is walked, since anybody may read this at any rate.
 */
#include <frame/fmt.h>

#include "diag.h"
#include "tcp/tcp.h"

static u64 pages(u64 bytes)
{
	return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

void inet_show_sockstat(struct fmt *out)
{
	u32 tcp = tcp_sockets(AF_INET), frags = 0, memory = 0;

	frag_usage(true, &frags, &memory);
	fmt_printf(out, "sockets: used %lu\nTCP: inuse %u orphan %lu tw %u alloc %u mem %lu\n",
		socket_count(), tcp, atomic_load(&tcp_orphans), tcp_timewait_count(),
		tcp + tcp_sockets(AF_INET6), pages(atomic_load(&tcp_memory)));
	fmt_printf(out, "UDP: inuse %u mem %lu\nUDPLITE: inuse 0\n", udp_sockets(AF_INET),
		pages(inet_memory_held()));
	fmt_printf(out, "RAW: inuse %u\nFRAG: inuse %u memory %u\n",
		socket_list_count(SOCKETS_RAW, AF_INET), frags, memory);
}

void inet_show_sockstat6(struct fmt *out)
{
	u32 frags = 0, memory = 0;

	frag_usage(false, &frags, &memory);
	fmt_printf(out, "TCP6: inuse %u\nUDP6: inuse %u\nUDPLITE6: inuse 0\n",
		tcp_sockets(AF_INET6), udp_sockets(AF_INET6));
	fmt_printf(out, "RAW6: inuse %u\nFRAG6: inuse %u memory %u\n",
		socket_list_count(SOCKETS_RAW, AF_INET6), frags, memory);
}
