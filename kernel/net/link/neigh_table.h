// SPDX-License-Identifier: MPL-2.0
/*
 * The table of neighbours, for neigh.c and neigh_state.c only.
 *
 * Locking: neigh_table_lock, then neigh.lock; both are leaves but for the pools.
 */
#ifndef KERNEL_NET_LINK_NEIGH_TABLE_H
#define KERNEL_NET_LINK_NEIGH_TABLE_H

#include <frame/sync.h>
#include <kernel/neigh.h>

#include "link.h"

/* The states in which the link address is known. */
#define NEIGH_VALID \
	(NEIGH_REACHABLE | NEIGH_STALE | NEIGH_DELAY | NEIGH_PROBE | NEIGH_NOARP | NEIGH_PERMANENT)

struct neigh {
	struct obj obj;
	/* Set once. */
	struct ip_addr addr;
	u32 ifindex;
	struct netdev *dev; /* reference; NET_DEV_GONE drops the entries of a device */
	struct spinlock lock;
	u32 state;    /* lock, for writing; enum neigh_state */
	u64 link;     /* lock, for writing: the link address, first byte lowest */
	bool router;  /* lock */
	bool gateway; /* it was sent packets for others; kept longest */
	bool used;    /* a packet went to it since evict looked last; without a lock */
	bool gone;    /* lock: no longer in the table */
	u32 probes;   /* lock: questions that were sent */
	u64 due_ns;   /* lock, for writing; NO_DEADLINE: nothing is due */
	/* lock, for writing: when the state was changed, or the entry used when STALE */
	u64 since_ns;
	u64 changed_ns;                /* lock: when state or link became another one */
	LIST_HEAD(packet) waiting;     /* lock */
	u32 nr_waiting, bytes_waiting; /* lock */
	LIST_LINK(neigh) hash;         /* neigh_table_lock, for writing */
	LIST_LINK(neigh) all;          /* neigh_table_lock */
	LIST_LINK(neigh) news;         /* neigh_news.c */
	bool noted;                    /* neigh_news.c */
	u32 told;                      /* lock: the last state that neigh_note_state has noted */
};
OBJ_TYPE_DECL(neigh);

/* The entries of a protocol: the one that was made first is first. */
struct neigh_table {
	LIST_HEAD(neigh) all;                  /* neigh_table_lock */
	u32 nr;                                /* neigh_table_lock */
	const struct neigh_protocol *protocol; /* set once at start-up */
};

/* ---- neigh.c ---- */

extern struct neigh_table neigh_tables[2]; /* [0]: IPv4, [1]: IPv6 */
#define neigh_table_of(a) (array_at(neigh_tables, ip_is4(a) ? 0 : 1))
/* Guards which entries there are: both lists and the chains. */
extern struct spinlock neigh_table_lock;

/* The entry, without a reference; NULL: there is none. neigh_table_lock held. */
struct neigh *neigh_find_locked(struct ip_addr to, u32 ifindex);
/* A reference to the entry; NULL: there is none. Takes neigh_table_lock. */
struct neigh *neigh_find(const struct netdev *d, struct ip_addr to);
/*
 * A reference to the entry, which is made if need be; NULL: there are too many, or no memory. Takes
 * neigh_table_lock.
 */
struct neigh *neigh_find_or_make(struct netdev *d, struct ip_addr to);
/*
 * Takes an entry out of the table, whose reference becomes the caller's. neigh_table_lock held;
 * takes neigh.lock.
 */
void neigh_unlink(struct neigh *n);
/* Sends a packet without link header to a link address; consumes it. 0 or -errno. As neigh_send. */
int must_check neigh_send_to(struct netdev *d, struct packet *p, u64 link);

/* What is told of an entry. */
void neigh_fill(struct neigh *n, struct neigh_info *out);

/* ---- neigh_news.c ---- */

/*
 * The entry has changed or gone: the watcher is told soon. neigh_note_state: only if the state is
 * another one. neigh.lock held.
 */
void neigh_note(struct neigh *n);
void neigh_note_state(struct neigh *n);
/* Power-off: forgets what was not told. */
void neigh_news_drop(void);

/* ---- neigh_state.c ---- */

/* Takes the first of the packets that wait; NULL: none does. neigh.lock held, or nobody has @n. */
struct packet *neigh_first_waiting(struct neigh *n);
/*
 * As neigh_send, for a neighbour whose state the packet may change: it is asked for, or checked.
 * Takes neigh_table_lock and neigh.lock, one after the other.
 */
int must_check neigh_send_slowly(struct netdev *d, struct ip_addr to, bool gateway,
	struct packet *p);
/* Start-up: what is due is done by the network's job. */
void neigh_state_init(void);

/* A link address as a word, first byte lowest, and back. */
static always_inline u64 neigh_link_word(const u8 (*address)[LINK_ADDR_MAX])
{
	u64 v = 0;

	return span_read(cspan_of(*address), 0, &v) ? v : 0;
}

static always_inline void neigh_word_link(u64 v, u8 (*const address)[LINK_ADDR_MAX])
{
	span_copy(span_of(*address), value_cspan(&v));
}

#endif
