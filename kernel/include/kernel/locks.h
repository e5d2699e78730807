// SPDX-License-Identifier: MPL-2.0
/*
 * The order of the services' locks: a lock may be taken only while all locks held have a lower
 * level; debug builds check this. A lock of level 0 is a leaf: no other lock is taken under it.
 */
#ifndef KERNEL_LOCKS_H
#define KERNEL_LOCKS_H

enum lock_levels {
	LOCK_FILE_POS = 4,    /* file.pos_lock (mutex): around all that a read or write does */
	LOCK_SIGIO = 6,       /* while signals about files are sent (mutex); sigio.c */
	LOCK_TAP = 7,         /* programs attach to tun and tap devices (mutex) */
	LOCK_NET_DUMP = 7,    /* the dump of a netlink socket (mutex) */
	LOCK_NET_CONFIG = 8,  /* links, addresses, routes: net_config (mutex) */
	LOCK_MOUNT = 10,      /* mount tree (mutex) */
	LOCK_EPOLL = 14,      /* epoll instance (mutex) */
	LOCK_TTY = 16,        /* tty state (mutex) */
	LOCK_CORK = 17,       /* datagrams that are gathered (mutex) */
	LOCK_BIND = 18,       /* held while a socket gets its name (mutex) */
	LOCK_SUPER = 21,      /* super.active (rwlock): its end, remount; sync_fs */
	LOCK_BLOCK_SCAN = 22, /* held while a disk's partition table is read (mutex) */
	/*
	 * Serializes the renames across directories of one super (mutex). A caller that checks
	 * whether a directory lies below another takes it too.
	 */
	LOCK_RENAME = 23,
	/* inode.lock (rwlock): directory contents, size, data of a write; parent before child. */
	LOCK_INODE = 24,
	LOCK_SOCK_CALL =
		27,         /* connect, listen, send on a TCP socket, one after the other (mutex) */
	LOCK_PIPE = 28,     /* pipe; reading side and writing side of a socket (mutexes) */
	LOCK_INFLIGHT = 29, /* descriptors in messages (mutex) */
	/*
	 * mapping.invalidate_lock (rwlock): pages enter the cache, or are cut. That of a device is
	 * inside that of a file, whose read may need blocks that say where the file's pages are.
	 */
	LOCK_INVALIDATE = 30,
	LOCK_JOURNAL = 31, /* a file system's own, taken by its operations on mappings */
	LOCK_INVALIDATE_DEV = 32,
	/*
	 * mm.lock (rwlock): VMA tree. User copies may fault, so they happen with nothing at or
	 * above this level held.
	 */
	LOCK_MM = 33,
	/*
	 * Counts the openers of a disk's devices; the last close writes (mutex). The last close may
	 * happen in munmap.
	 */
	LOCK_BLOCK = 34,
	/*
	 * mapping.sync_lock (mutex), held while a task waits for all writes of a mapping. A driver's
	 * own locks have no level, or a level above this one.
	 */
	LOCK_SYNC = 36,
	LOCK_WALK = 38,   /* pagecache.walk_lock (mutex): a walk over the mappings of an inode */
	LOCK_FILES = 40,  /* fd table (spinlock); nothing sleeps under it or the locks below */
	LOCK_DCACHE = 44, /* dentry hash bucket, dentry.lock (spinlocks) */
	LOCK_PAGECACHE = 48,
	LOCK_PROC = 52,   /* process tree, groups, sessions (spinlock) */
	LOCK_SIGNAL = 56, /* sighand.lock (spinlock, irqsave: timers send signals) */
	/* A connection, a listener, and buckets of the tables of TCP and of ports (spinlocks). */
	LOCK_TCP = 57,
	LOCK_TCP_LISTENER = 58,
	LOCK_NET_TABLE = 59,
	LOCK_POLL = 60, /* poll_source.lock (spinlock, irqsave) */
	LOCK_LEAF = 70,
};

#endif
