// SPDX-License-Identifier: MPL-2.0
/*
 * Ports that the kernel does not choose by itself (ip_local_reserved_ports in ip(7)): programs that
 * bind to them by number keep them free for themselves.
 *
 * A bit for each port. Writers hold a lock; who chooses a port reads single bits without it, so
 * while a list is replaced some ports are as before and some as after.
 */
#include <frame/sync.h>
#include <frame/task.h>
#include <uapi/errno.h>

#include "sock.h"

#define NR_PORTS  65536u
#define PER_PIECE 256u /* ranges that are shown at once */

static struct mutex reserved_lock;
static u64 reserved[NR_PORTS / 64]; /* reserved_lock, for writing */

bool port_is_reserved(u32 port)
{
	return load_once(*array_at(reserved, port / 64)) >> port % 64 & 1;
}

/* Reads the number at *@at, and moves *@at past it; -1: there is none, or it is no port. */
static s32 take_number(struct cspan text, size_t *const at)
{
	u64 v;
	size_t n = parse_u64(cspan_from(text, *at), 10, &v);

	*at += n;
	return n && v < NR_PORTS ? (s32)v : -1;
}

static bool take_char(struct cspan text, size_t *const at, u8 c)
{
	if (*at >= cspan_len(text) || span_byte(text, *at) != c)
		return false;
	(*at)++;
	return true;
}

static void set_range(u32 first, u32 last)
{
	u32 port;

	for (port = first; port <= last; port++)
		store_once(*array_at(reserved, port / 64),
			*array_at(reserved, port / 64) | 1ul << port % 64);
}

/*
 * Walks over a list of "A" and "A-B" with commas between them; sets their bits if @set. False: it
 * is no such list.
 */
static bool walk_list(struct cspan text, bool set)
{
	size_t at = 0;
	s32 first, last;

	while (at < cspan_len(text)) {
		first = last = take_number(text, &at);
		if (first >= 0 && take_char(text, &at, '-'))
			last = take_number(text, &at);
		if (first < 0 || last < first)
			return false;
		if (set)
			set_range((u32)first, (u32)last);
		task_cond_resched(); /* the list may name each port many times */
		if (!take_char(text, &at, ','))
			return at == cspan_len(text);
	}
	return true;
}

int inet_reserved_ports_set(struct cspan text)
{
	u32 i;

	while (cspan_len(text) && span_byte(text, cspan_len(text) - 1) <= ' ')
		text = cspan_first(text, cspan_len(text) - 1);
	if (!walk_list(text, false))
		return -EINVAL;
	mutex_lock(&reserved_lock);
	for (i = 0; i < NR_PORTS / 64; i++)
		store_once(*array_at(reserved, i), 0);
	if (!walk_list(text, true))
		i = 0; /* cannot be: the list was good */
	mutex_unlock(&reserved_lock);
	return 0;
}

/* The first port at or after @port that is reserved, or that is not. */
static u32 next_port(u32 port, bool is_reserved)
{
	while (port < NR_PORTS && port_is_reserved(port) != is_reserved)
		port++;
	return port;
}

bool inet_reserved_ports_show(struct fmt *f, u64 *const next)
{
	u32 port = next_port((u32)*next, true), last, n;
	bool first = !*next;

	for (n = 0; n < PER_PIECE && port < NR_PORTS; n++) {
		last = next_port(port, false) - 1;
		if (!first)
			fmt_char(f, ',');
		first = false;
		fmt_printf(f, "%u", port);
		if (last > port)
			fmt_printf(f, "-%u", last);
		*next = last + 1;
		port = next_port(last + 1, true);
	}
	if (port < NR_PORTS)
		return true;
	fmt_char(f, '\n');
	return false;
}
