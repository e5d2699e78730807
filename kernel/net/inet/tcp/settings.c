// SPDX-License-Identifier: MPL-2.0
/*
 * The parameters of TCP (kernel/tcp_settings.h): their first values, and how they change.
 *
 * One X-macro, TCP_SETTINGS, lists each number with its field and bounds; look-up and change are
 * generated from it, and /proc/sys shows the same list. A number is one word, stored by an
 * administrator and loaded by everybody without a lock, so the users of a value load it once and
 * work with what they have. Values that are copied to a socket (buffer sizes, congestion control)
 * concern only sockets that are made afterwards.
 *
 * The sizes depend on the memory that is free at boot (tcp_settings_init).
 */
#include <frame/page.h>
#include <kernel/tcp_settings.h>
#include <uapi/errno.h>

#include "tcp.h"

struct tcp_settings tcp_settings = {
	.rmem = { 4096, 131072, 6291456 },
	.wmem = { 4096, 16384, 4194304 },
	.mem_pages = { 8192, 10922, 16384 },
	.syn_retries = 6,
	.synack_retries = 5,
	.retries2 = 15,
	.keep_time_s = 7200,
	.keep_intvl_s = 75,
	.keep_probes = 9,
	.fin_timeout_s = 60,
	.max_syn_backlog = 256,
	.max_orphans = 4096,
	.max_tw_buckets = 4096,
	.challenge_ack_limit = 1000,
	.invalid_ratelimit_ms = 500,
	.syncookies = 1,
	.ecn = 2,
	.tw_reuse = 2,
	.sack = true,
	.frto = 2, /* as on Linux, whose 1 and 2 mean the same */
	.timestamps = 1,
	.window_scaling = true,
	.slow_start_after_idle = true,
	.moderate_rcvbuf = true,
};

#define SHOW(name, field, least, most) \
	case SETTING_##name:           \
		return load_once(tcp_settings.field);
u64 tcp_setting_get(enum tcp_setting s)
{
	switch (s) {
		TCP_SETTINGS(SHOW)
	default:
		return 0;
	}
}

#define STORE(name, field, least, most)                 \
	case SETTING_##name:                            \
		if (n < (least) || n > (s64)(most))     \
			return -EINVAL;                 \
		store_once(tcp_settings.field, (u32)v); \
		return 0;
int tcp_setting_set(enum tcp_setting s, u64 v)
{
	s64 n = (s64)v;

	switch (s) {
		TCP_SETTINGS(STORE)
	default:
		return -EINVAL;
	}
}

u64 tcp_triple_get(enum tcp_triple t, u32 i)
{
	if (t == TCP_MEM)
		return load_once(*array_at(tcp_settings.mem_pages, i));
	return t == TCP_RMEM ? load_once(*array_at(tcp_settings.rmem, i))
			     : load_once(*array_at(tcp_settings.wmem, i));
}

/*
 * Three words are stored one by one, by tcp_rmem's writer; a reader may see the old and the new
 * beside each other, and each is within its bounds.
 */
int tcp_triple_set(enum tcp_triple t, u32 i, u64 v)
{
	if (t == TCP_MEM) {
		store_once(*array_at(tcp_settings.mem_pages, i), v);
		return 0;
	}
	if (!v || v > TCP_MOST)
		return -EINVAL;
	if (t == TCP_RMEM)
		store_once(*array_at(tcp_settings.rmem, i), (u32)v);
	else
		store_once(*array_at(tcp_settings.wmem, i), (u32)v);
	return 0;
}

/* Set by administrators, read by whoever makes a socket: a pointer to a table that stays. */
static const struct tcp_congestion *standard = &tcp_cubic;

const struct tcp_congestion *tcp_congestion_standard(void)
{
	return load_once(standard);
}

struct lit tcp_congestion_name(void)
{
	return load_once(standard)->name;
}

int tcp_congestion_set(struct cspan name)
{
	const struct tcp_congestion *c = tcp_congestion_find(name);

	if (!c)
		return -ENOENT;
	store_once(standard, c);
	return 0;
}

/*
 * As Linux: an eighth of the memory, 3/4 of that and 2 times 3/4 as the other bounds; one buffer may
 * grow to a 128th of the memory.
 */
void tcp_settings_init(void)
{
	struct page_stats st;
	u64 limit, share;

	page_get_stats(&st);
	limit = max(st.free / 8, 128ul);
	tcp_settings.mem_pages[0] = limit / 4 * 3;
	tcp_settings.mem_pages[1] = limit;
	tcp_settings.mem_pages[2] = tcp_settings.mem_pages[0] * 2;
	share = st.free * PAGE_SIZE / 128;
	tcp_settings.rmem[2] = (u32)max(min(share, (u64)tcp_settings.rmem[2]), 131072ul);
	tcp_settings.wmem[2] = (u32)max(min(share, (u64)tcp_settings.wmem[2]), 65536ul);
}
