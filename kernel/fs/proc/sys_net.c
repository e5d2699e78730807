// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/sys/net: parameters of the network. See ip(7), tcp(7), udp(7), icmp(7), socket(7).
 *
 * A file exists if its parameter has an effect here (KNOB and those with functions), or if it says
 * what this kernel does and takes no other value (FIXED). Parameters of things that this kernel does
 * not have (queueing disciplines, receive steering, ...) do not exist, as on a Linux that is built
 * without them. Numbers belong to those who use them: knobs.h, tcp_settings.h, inet.h.
 */
#include <kernel/inet.h>
#include <kernel/netdev.h>
#include <kernel/tcp_settings.h>

#include "sys.h"

#define DIR(V, N, ...)                                                              \
	static const struct synth_node V = {                                        \
		.name = LIT(N), .mode = S_IFDIR | 0555, .children = { __VA_ARGS__ } \
	}

/* ---- core, unix ---- */

KNOB(somaxconn, "somaxconn", KNOB_SOMAXCONN);
KNOB(wmem_max, "wmem_max", KNOB_WMEM_MAX);
KNOB(rmem_max, "rmem_max", KNOB_RMEM_MAX);
KNOB(wmem_default, "wmem_default", KNOB_WMEM_DEFAULT);
KNOB(rmem_default, "rmem_default", KNOB_RMEM_DEFAULT);
KNOB(optmem_max, "optmem_max", KNOB_OPTMEM_MAX);

static int show_backlog(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_printf(f, "%u\n", load_once(netdev_max_backlog));
	return proc_done(next);
}
static int write_backlog(struct synth *s, struct cspan text)
{
	u64 v;

	(void)s;
	if (!proc_parse_number(text, &v) || v > 0x7fffffff)
		return -EINVAL;
	store_once(netdev_max_backlog, (u32)v);
	return 0;
}
WRITABLE(max_backlog, "netdev_max_backlog", show_backlog, write_backlog, 0);
DIR(core, "core", &max_backlog, &optmem_max, &rmem_default, &rmem_max, &somaxconn, &wmem_default,
	&wmem_max);

KNOB(max_dgram_qlen, "max_dgram_qlen", KNOB_DGRAM_QUEUE);
DIR(unix_dir, "unix", &max_dgram_qlen);

/* ---- several numbers in a file ---- */

/* Reads up to three numbers between blanks; returns how many, or -EINVAL. */
static int knob_parse_numbers(struct cspan text, u64 (*const v)[3])
{
	struct cspan word;
	u32 n = 0;

	while (cspan_len(text) && n < 3) {
		u8 c = span_byte(text, 0);
		if (c == ' ' || c == '\t' || c == '\n') {
			text = cspan_from(text, 1);
			continue;
		}
		word = cspan_first(text,
			min(min(cspan_find(text, ' '), cspan_find(text, '\t')),
				cspan_find(text, '\n')));
		if (!proc_parse_number(word, array_at(*v, n)))
			return -EINVAL;
		n++;
		text = cspan_from(text, cspan_len(word));
	}
	return (int)n;
}

/* As many numbers of pages as are written are set. */
static int show_udp_mem(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_printf(f, "%lu\t%lu\t%lu\n", inet_memory_limit(0), inet_memory_limit(1),
		inet_memory_limit(2));
	return proc_done(next);
}
static int write_udp_mem(struct synth *s, struct cspan text)
{
	u64 v[3];
	int n = knob_parse_numbers(text, &v), i;

	(void)s;
	for (i = 0; i < n; i++)
		inet_memory_set_limit((u32)i, *array_at(v, (u32)i));
	return n < 0 ? n : 0;
}
WRITABLE(udp_mem, "udp_mem", show_udp_mem, write_udp_mem, 0);

/* The arg is an enum tcp_triple. A number that is refused leaves those before it changed. */
static int show_triple(struct synth *s, struct fmt *f, u64 *next)
{
	enum tcp_triple t = (enum tcp_triple)s->node->arg;

	fmt_printf(f, "%lu\t%lu\t%lu\n", tcp_triple_get(t, 0), tcp_triple_get(t, 1),
		tcp_triple_get(t, 2));
	return proc_done(next);
}
static int write_triple(struct synth *s, struct cspan text)
{
	u64 v[3];
	int n = knob_parse_numbers(text, &v), i, err = 0;

	for (i = 0; i < n && !err; i++)
		err = tcp_triple_set((enum tcp_triple)s->node->arg, (u32)i, *array_at(v, (u32)i));
	return n < 0 ? n : err;
}
WRITABLE(tcp_rmem, "tcp_rmem", show_triple, write_triple, TCP_RMEM);
WRITABLE(tcp_wmem, "tcp_wmem", show_triple, write_triple, TCP_WMEM);
WRITABLE(tcp_mem, "tcp_mem", show_triple, write_triple, TCP_MEM);

/* Two knobs in one file: a range. */
static int show_range(struct synth *s, struct fmt *f, u64 *next)
{
	enum knob k = (enum knob)s->node->arg;

	fmt_printf(f, "%lu\t%lu\n", knob_get(k), knob_get((enum knob)(k + 1)));
	return proc_done(next);
}
/*
 * Ports: a range that is none is an error, or one with ports that not everybody may bind to. Groups:
 * it is nobody's.
 */
static int knob_write_range(struct synth *s, struct cspan text)
{
	enum knob k = (enum knob)s->node->arg;
	u64 v[3] = { knob_get(k), knob_get((enum knob)(k + 1)) };
	int n = knob_parse_numbers(text, &v), err;

	if (n < 0 || n > 2)
		return -EINVAL;
	if (k == KNOB_PORT_FIRST && (v[0] > v[1] || v[0] < knob_get(KNOB_UNPRIVILEGED_PORT)))
		return -EINVAL;
	if (k == KNOB_PING_GROUP_FIRST && v[0] > v[1]) {
		v[0] = 1;
		v[1] = 0;
	}
	if (k == KNOB_PORT_FIRST && v[1] > 65535)
		return -EINVAL; /* before the first number is set */
	err = knob_set(k, v[0]);
	return err ? err : knob_set((enum knob)(k + 1), v[1]);
}
#define RANGE(V, N, A)                                       \
	static const struct synth_node V = { .name = LIT(N), \
		.mode = S_IFREG | 0644,                      \
		.show = show_range,                          \
		.write = knob_write_range,                   \
		.arg = (A) }
RANGE(ip_local_port_range, "ip_local_port_range", KNOB_PORT_FIRST);
RANGE(ping_group_range, "ping_group_range", KNOB_PING_GROUP_FIRST);

/* ---- ports ---- */

/* Ports that the kernel chooses must be such as anybody may bind to. */
static int write_unprivileged(struct synth *s, struct cspan text)
{
	u64 v;

	if (!proc_parse_number(text, &v) || v > knob_get(KNOB_PORT_FIRST))
		return -EINVAL;
	return knob_set((enum knob)s->node->arg, v);
}
WRITABLE(unprivileged_port, "ip_unprivileged_port_start", proc_show_knob, write_unprivileged,
	KNOB_UNPRIVILEGED_PORT);

/* The record's number is the port with which it begins. */
static int show_reserved(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	return inet_reserved_ports_show(f, next) ? 0 : proc_done(next);
}
static int write_reserved(struct synth *s, struct cspan text)
{
	(void)s;
	return inet_reserved_ports_set(text);
}
WRITABLE(reserved_ports, "ip_local_reserved_ports", show_reserved, write_reserved, 0);

/* ---- ip, icmp ---- */

KNOB(ip_default_ttl, "ip_default_ttl", KNOB_DEFAULT_TTL);

/* The same as conf/all/forwarding. */
static int show_forward(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_printf(f, "%d\n", conf4_get(CONF_ALL, NULL, CONF4_FORWARDING));
	return proc_done(next);
}
static int write_forward(struct synth *s, struct cspan text)
{
	s64 v;
	int err;

	(void)s;
	if (!proc_parse_signed(text, &v))
		return -EINVAL;
	mutex_lock(&net_config);
	err = conf4_set(CONF_ALL, NULL, CONF4_FORWARDING, v);
	mutex_unlock(&net_config);
	return err;
}
WRITABLE(ip_forward, "ip_forward", show_forward, write_forward, 0);

KNOB(ip_no_pmtu_disc, "ip_no_pmtu_disc", KNOB_NO_PMTU_DISC);
KNOB(ip_nonlocal_bind, "ip_nonlocal_bind", KNOB_NONLOCAL_BIND4);
KNOB(ipfrag_time, "ipfrag_time", KNOB_FRAG4_TIME);
KNOB(igmp_max_memberships, "igmp_max_memberships", KNOB_IGMP_MEMBERSHIPS);
KNOB(echo_ignore_all, "icmp_echo_ignore_all", KNOB_ECHO_IGNORE);
KNOB(echo_ignore_broadcasts, "icmp_echo_ignore_broadcasts", KNOB_ECHO_BROADCASTS);
FIXED(echo_enable_probe, "icmp_echo_enable_probe", 0);
FIXED(icmp_ratemask, "icmp_ratemask", 0x1818); /* the errors that exist */

static int show_limit(struct synth *s, struct fmt *f, u64 *next)
{
	fmt_printf(f, "%u\n", icmp_limit_get((enum icmp_limit)s->node->arg));
	return proc_done(next);
}
static int write_limit(struct synth *s, struct cspan text)
{
	u64 v;

	if (!proc_parse_number(text, &v) || v > 0x7fffffff)
		return -EINVAL;
	icmp_limit_set((enum icmp_limit)s->node->arg, (u32)v);
	return 0;
}
WRITABLE(icmp_ratelimit, "icmp_ratelimit", show_limit, write_limit, ICMP_LIMIT_INTERVAL_MS);
WRITABLE(icmp_per_sec, "icmp_msgs_per_sec", show_limit, write_limit, ICMP_LIMIT_PER_SECOND);
WRITABLE(icmp_burst, "icmp_msgs_burst", show_limit, write_limit, ICMP_LIMIT_BURST);

/* ---- tcp ---- */

static int show_setting(struct synth *s, struct fmt *f, u64 *next)
{
	fmt_printf(f, "%lu\n", tcp_setting_get((enum tcp_setting)s->node->arg));
	return proc_done(next);
}
/* The least and the most value of each setting stand in the table of tcp_settings.h. */
static int write_setting(struct synth *s, struct cspan text)
{
	u64 v;

	return proc_parse_number(text, &v) ? tcp_setting_set((enum tcp_setting)s->node->arg, v)
					   : -EINVAL;
}
#define SETTING(name, field, least, most) \
	WRITABLE(name, #name, show_setting, write_setting, SETTING_##name);
TCP_SETTINGS(SETTING)

/* What TCP here always or never does: it caches no metrics of paths, and so on. */
FIXED(tcp_abort_on_overflow, "tcp_abort_on_overflow", 0);
FIXED(tcp_dsack, "tcp_dsack", 1);
FIXED(tcp_fack, "tcp_fack", 0);
FIXED(tcp_fastopen, "tcp_fastopen", 0);
FIXED(tcp_low_latency, "tcp_low_latency", 0);
FIXED(tcp_mtu_probing, "tcp_mtu_probing", 0);
FIXED(tcp_no_metrics_save, "tcp_no_metrics_save", 1);
FIXED(tcp_recovery, "tcp_recovery", 1);
FIXED(tcp_retries1, "tcp_retries1", 3);
FIXED(tcp_stdurg, "tcp_stdurg", 0);

/* With arg all algorithms that there are. */
static int show_congestion(struct synth *s, struct fmt *f, u64 *next)
{
	fmt_lit(f, s->node->arg ? LIT("reno cubic") : tcp_congestion_name());
	fmt_char(f, '\n');
	return proc_done(next);
}
/* The blanks at the end are those of echo. */
static int write_congestion(struct synth *s, struct cspan text)
{
	(void)s;
	while (cspan_len(text) && span_byte(text, cspan_len(text) - 1) <= ' ')
		text = cspan_first(text, cspan_len(text) - 1);
	return tcp_congestion_set(text);
}
WRITABLE(congestion, "tcp_congestion_control", show_congestion, write_congestion, false);
static const struct synth_node available = { .name = LIT("tcp_available_congestion_control"),
	.mode = S_IFREG | 0444,
	.readonly = true,
	.show = show_congestion,
	.arg = true };

/* ---- the directories ---- */

#define NAME_OF(name, field, least, most) &name,
DIR(ipv4_dir, "ipv4", TCP_SETTINGS(NAME_OF) & proc_sys_conf4, &available, &congestion,
	&echo_enable_probe, &echo_ignore_all, &echo_ignore_broadcasts, &icmp_burst, &icmp_per_sec,
	&icmp_ratelimit, &icmp_ratemask, &igmp_max_memberships, &ip_default_ttl, &ip_forward,
	&ip_local_port_range, &ip_no_pmtu_disc, &ip_nonlocal_bind, &ipfrag_time, &ping_group_range,
	&reserved_ports, &tcp_abort_on_overflow, &tcp_dsack, &tcp_fack, &tcp_fastopen,
	&tcp_low_latency, &tcp_mem, &tcp_mtu_probing, &tcp_no_metrics_save, &tcp_recovery,
	&tcp_retries1, &tcp_rmem, &tcp_stdurg, &tcp_wmem, &udp_mem, &unprivileged_port);

KNOB(bindv6only, "bindv6only", KNOB_BINDV6ONLY);
KNOB(ip6frag_time, "ip6frag_time", KNOB_FRAG6_TIME);
KNOB(nonlocal_bind6, "ip_nonlocal_bind", KNOB_NONLOCAL_BIND6);
KNOB(echo_ignore_all6, "echo_ignore_all", KNOB_ECHO_IGNORE6);
DIR(icmp6, "icmp", &echo_ignore_all6);
DIR(ipv6_dir, "ipv6", &bindv6only, &proc_sys_conf6, &icmp6, &ip6frag_time, &nonlocal_bind6);

const struct synth_node proc_sys_net = { .name = LIT("net"),
	.mode = S_IFDIR | 0555,
	.children = { &core, &ipv4_dir, &ipv6_dir, &unix_dir } };
