// SPDX-License-Identifier: MPL-2.0
/*
 * Pools and their groups of slots, shared by pool.c, group.c and trim.c. Private to frame/mm.
 *
 * The arena, from ARCH_POOL_BASE: first the array of groups, one element for each page of the
 * arena, mapped as far as it is used; then the units. A unit of 2 MiB belongs to one type for ever,
 * and is cut into groups. A group is 2^n pages, n the same for all groups of a type, and holds as
 * many slots as fit; no slot crosses its end. The element of a group's first page describes it.
 */
#ifndef FRAME_MM_POOL_H
#define FRAME_MM_POOL_H

#include "page.h"

#define UNIT_SIZE (2ul << 20)

/*
 * The states of a group. A group is on the list of its state, except in GROUP_LEAVING. Its pages:
 * mapped as far as slots are carved (full, partial, empty, open), all mapped (ready), each mapped
 * or the shared page of zeroes (trimmed: all are zeroes; revived), or about to be (leaving).
 */
enum group_state {
	GROUP_FULL,    /* no free slot, but for those in lists of CPUs */
	GROUP_PARTIAL, /* some free slots */
	GROUP_EMPTY,   /* all slots are free and in the group's own list */
	GROUP_OPEN,    /* slots are being carved; at most one group */
	GROUP_READY,   /* to be opened next: pages of free slots again, flushed from all TLBs */
	GROUP_TRIMMED, /* its pages went back */
	GROUP_REVIVED, /* as trimmed, but some pages are there again */
	GROUP_LEAVING, /* obj_trim is taking the pages */
};

/* pool.lock */
struct group {
	struct obj *free; /* its free slots that are in no CPU's list */
	struct group *next, *prev;
	u16 nr_free, nr_carved; /* at most 256: a slot has 16 bytes or more */
	u16 type;
	u8 state;
	bool revived; /* in GROUP_LEAVING: a page came back */
};
static_assert(sizeof(struct group) == 32, "an array element for each page of the arena");

struct obj_pool {
	struct obj_type *type;
	struct spinlock lock;
	struct group *list[GROUP_LEAVING]; /* lock: by state */
	u64 nr_free, nr_carved;            /* lock; at most the number of slots in the arena */
	/* lock: in the open group: next slot, end of the mapped part, end. */
	u64 next, mapped, group_end;
	u64 unit_next, unit_end; /* lock: in the present unit: next group, end */
	u64 slot_size;           /* at most OBJ_MAX */
	u64 group_size;          /* a power of two, from PAGE_SIZE to OBJ_MAX */
	u64 group_bytes;         /* up to the end of the last slot, in whole pages */
};

/*
 * Free slots of one type on one CPU. The lists of types 0, which does not exist, and OBJ_NO_POOL
 * are always empty.
 */
struct slot_list {
	struct obj *first;
	u64 nr; /* at most CPU_MAX */
};

#define POOL_GROUPS ((struct group *)ARCH_POOL_BASE)
#define POOL_UNITS        \
	(ARCH_POOL_BASE + \
		round_up((ARCH_POOL_SIZE >> PAGE_SHIFT) * sizeof(struct group), UNIT_SIZE))

/* The description of the group whose first page is at @va. */
static inline struct group *group_at(u64 va)
{
	/* TRUST: in the array; group_new maps the element before the group has a slot. */
	return &POOL_GROUPS[(va - ARCH_POOL_BASE) >> PAGE_SHIFT];
}
static inline u64 group_va(const struct group *g)
{
	return ARCH_POOL_BASE + ((u64)(g - POOL_GROUPS) << PAGE_SHIFT);
}

/* ---- pool.c ---- */
/* The pool of the type with this index, from 2 to *@nr - 1; pools are never freed. */
struct obj_pool *pool_by_index(u32 i);
u32 pool_nr_types(void);
/* Puts all of this CPU's free slots back in their groups. Interrupts off. */
void pool_flush_cpu(void);

extern struct obj_type *pool_types[]; /* by index; for audit.c */
/* Live objects of the pool. */
s64 pool_live(const struct obj_pool *p);

/* ---- group.c; all with pool.lock held ---- */
/* Chooses the size of the groups for the pool's size of slots. */
void pool_layout(struct obj_pool *p);
/* A free slot, or NULL: none is carved. */
struct obj *pool_take_slot(struct obj_pool *p);
/* Carves a new slot; NULL: no memory, or the arena is full. */
struct obj *pool_carve(struct obj_pool *p);
void pool_put_slot(struct obj_pool *p, struct obj *o);
/* Makes the counts of all slots dead that start in the zeroed page @pa, which will be at @va. */
void pool_bury(const struct obj_pool *p, u64 va, paddr_t pa);
void group_link(struct obj_pool *p, struct group *g, enum group_state s);
void group_unlink(struct obj_pool *p, struct group *g);
/* Free slots of a group that are in its list; ~0: an element is no free slot of the group. */
u64 group_count_free(const struct obj_pool *p, const struct group *g);
/* The end of the units in use. No lock. */
u64 pool_arena_end(void);

/* ---- trim.c ---- */
/* The shared page of zeroes; 0 before trim_init. */
extern paddr_t pool_zero_page;
bool trim_init(void);
/* One more CPU will use pools. False: no memory. */
bool trim_add_cpu(void);

#endif
