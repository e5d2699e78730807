// SPDX-License-Identifier: MPL-2.0
/* /proc/net/sockstat and sockstat6: how many sockets there are (proc_pid_net(5)), for `ss -s`. */
#include <frame/fmt.h>
#include <kernel/thread.h>

#include "diag.h"
#include "tcp/tcp.h"

/* The sockets in a transport's table. A walk that is to end counts no further. Context: task. */
static u32 count(u32 protocol, u32 family)
{
	struct inet_diag_want want = { .protocol = protocol, .family = family, .states = ~0u };
	struct inet_diag_walk w = { 0 };
	struct inet_diag_record r;
	bool ended = false;
	u32 n = 0;

	while (!ended && !loop_should_end()) {
		w.steps = 0;
		while (inet_diag_next(&w, &want, &r, &ended))
			n += r.full;
	}
	inet_diag_walk_end(&w);
	return n;
}

static u64 pages(u64 bytes)
{
	return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

void inet_show_sockstat(struct fmt *out)
{
	u32 tcp = count(IP_PROTO_TCP, AF_INET), frags = 0, memory = 0;

	frag_usage(true, &frags, &memory);
	fmt_printf(out, "sockets: used %lu\nTCP: inuse %u orphan %lu tw %u alloc %u mem %lu\n",
		socket_count(), tcp, atomic_load(&tcp_orphans), tcp_timewait_count(),
		tcp + count(IP_PROTO_TCP, AF_INET6), pages(atomic_load(&tcp_memory)));
	fmt_printf(out, "UDP: inuse %u mem %lu\nUDPLITE: inuse 0\n", count(IP_PROTO_UDP, AF_INET),
		pages(inet_memory_held()));
	fmt_printf(out, "RAW: inuse %u\nFRAG: inuse %u memory %u\n", count(IP_PROTO_RAW, AF_INET),
		frags, memory);
}

void inet_show_sockstat6(struct fmt *out)
{
	u32 frags = 0, memory = 0;

	frag_usage(false, &frags, &memory);
	fmt_printf(out, "TCP6: inuse %u\nUDP6: inuse %u\nUDPLITE6: inuse 0\n",
		count(IP_PROTO_TCP, AF_INET6), count(IP_PROTO_UDP, AF_INET6));
	fmt_printf(out, "RAW6: inuse %u\nFRAG6: inuse %u memory %u\n",
		count(IP_PROTO_RAW, AF_INET6), frags, memory);
}
