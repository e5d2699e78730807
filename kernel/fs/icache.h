// SPDX-License-Identifier: MPL-2.0
/* The inode cache, for icache.c, where it is explained, and inode_evict.c. */
#ifndef FS_ICACHE_H
#define FS_ICACHE_H

#include <frame/obj.h>
#include <frame/sync.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/super.h>

enum slot_state {
	SLOT_NEW = 1,   /* the file system is filling the inode */
	SLOT_GOING = 2, /* it is being evicted */
	SLOT_GONE = 4,  /* it has left the table */
	SLOT_DIRTY = 8, /* on the dirty list of its super */
	SLOT_WRITING = 16,
	SLOT_USED = 32, /* looked up since reclaim came by */
};
/* A list of its super that a slot without names is on; under the super's inodes_lock. */
enum slot_queue { QUEUE_NONE, QUEUE_DEAD, QUEUE_HELD };

struct inode_slot {
	struct obj obj;
	struct inode *inode; /* reference of the table; NULL once it has left it */
	struct super *sb;    /* borrowed, compared; the inode has the reference */
	u64 ino;
	u32 bucket;
	u32 state; /* enum slot_state; written under the bucket's lock */
	u64 dirty_since_ns;
	u64 write_serial;        /* of its latest write: super.write_serial then */
	struct atomic error_seq; /* of an inode without a mapping: see inode_error_check */
	enum slot_queue queue;
	LIST_LINK(inode_slot) hash_link;
	LIST_LINK(inode_slot) super_link;   /* super.inodes */
	LIST_LINK(inode_slot) dirty_link;   /* super.dirty_inodes */
	LIST_LINK(inode_slot) writing_link; /* super.writing_inodes */
	LIST_LINK(inode_slot) dead_link;    /* super.dead_inodes, super.held_inodes */
};
OBJ_TYPE_DECL(inode_slot);

struct inode_bucket {
	struct spinlock lock;
	LIST_HEAD(inode_slot) chain; /* references */
};

/* The buckets stand in parts, because an object has a fixed size. */
#define PART_BUCKETS 1024u
#define MAX_PARTS    64u
struct inode_part {
	struct obj obj;
	struct inode_bucket bucket[PART_BUCKETS];
};
OBJ_TYPE_DECL(inode_part);
extern struct inode_part *inode_parts[MAX_PARTS]; /* references; set at start-up */
/* The bucket of that number, which is below inode_nr_buckets. */
#define BUCKET(nr) array_at(inode_parts[(nr) / PART_BUCKETS]->bucket, (nr) % PART_BUCKETS)
extern u32 inode_nr_buckets;

/* ---- icache.c ---- */
void slot_lock(struct inode_slot *s);
void slot_unlock(struct inode_slot *s);
/* Takes a dirty slot off its list. Its bucket is locked. */
void slot_clean(struct inode_slot *s);
/* The slot leaves the table; the table's references pass to the caller. Its bucket is locked. */
void slot_take_out(struct inode_slot *s);
/* Sets SLOT_GOING or SLOT_WRITING, or clears it and wakes who waits. Its bucket is locked. */
void slot_begin(struct inode_slot *s, u32 state);
void slot_end(struct inode_slot *s, u32 state);
/* Drops the references of the table. */
void slot_drop(struct inode_slot *s);
/* Waits until the slot is not in one of the states. Consumes the reference @s. Context: task. */
void slot_wait(struct inode_slot *s, u32 states);

/* ---- inode_evict.c ---- */
void inode_evict_init(void);
extern struct atomic inode_cache_nr; /* inodes in the table */
/* Makes sure that the inode task of the super exists. Context: task. */
void inode_task_start(struct super *sb);
/* A few unused inodes go if the cache has more than its limit. Context: as inode_get_at. */
void inode_cache_trim(void);

#endif
