// SPDX-License-Identifier: MPL-2.0
/* The slot of an inode in the inode cache; for icache.c only. See there. */
#ifndef FS_ICACHE_H
#define FS_ICACHE_H

#include <frame/obj.h>
#include <kernel/list.h>

struct inode_slot {
	struct obj obj;
	struct inode *inode; /* reference of the table; NULL once it has left it */
	struct super *sb;    /* borrowed, compared; the inode has the reference */
	u64 ino;
	u32 state; /* enum slot_state; written under cache_lock */
	u64 dirty_since_ns;
	LIST_LINK(inode_slot) hash_link;
	LIST_LINK(inode_slot) super_link; /* super.inodes */
	LIST_LINK(inode_slot) dirty_link; /* super.dirty_inodes */
	LIST_LINK(inode_slot) dead_link;
};
OBJ_TYPE_DECL(inode_slot);

#endif
