// SPDX-License-Identifier: MPL-2.0
/*
 * The order of the services' locks: a lock may be taken only while all held ones have a lower level
 * (debug builds check). Locks of level 0 are leaves that nothing is taken under.
 */
#ifndef KERNEL_LOCKS_H
#define KERNEL_LOCKS_H

enum lock_levels {
	LOCK_MOUNT = 10,      /* mount tree (mutex) */
	LOCK_EPOLL = 14,      /* epoll instance (mutex) */
	LOCK_TTY = 16,        /* tty state (mutex) */
	LOCK_BIND = 18,       /* a socket's name is being made (mutex) */
	LOCK_FILE_POS = 20,   /* file.pos_lock (mutex) */
	LOCK_BLOCK_SCAN = 22, /* a disk's partition table is read (mutex) */
	/*
	 * One rename across directories at a time per super (mutex); whoever asks whether a
	 * directory lies below another one.
	 */
	LOCK_RENAME = 23,
	/* inode.lock (rwlock): directory contents, size, data of a write; parent before child. */
	LOCK_INODE = 24,
	LOCK_PIPE = 28,     /* pipe; reading side, writing side of a socket (mutexes) */
	LOCK_INFLIGHT = 30, /* descriptors in messages (mutex) */
	/*
	 * mm.lock (rwlock): VMA tree. User copies may fault, so they happen with nothing at or
	 * above this level held.
	 */
	LOCK_MM = 32,
	/* Who has a disk's devices open; the last close writes (mutex). It may happen in munmap. */
	LOCK_BLOCK = 34,
	/*
	 * One waits for all of a device's writes (mutex). A driver's own locks have no level, or
	 * come after this.
	 */
	LOCK_BLOCK_SYNC = 36,
	LOCK_FILES = 40,  /* fd table (spinlock) from here on nothing sleeps */
	LOCK_DCACHE = 44, /* dentry hash bucket, dentry.lock (spinlocks) */
	LOCK_PAGECACHE = 48,
	LOCK_PROC = 52,   /* process tree, groups, sessions (spinlock) */
	LOCK_SIGNAL = 56, /* sighand.lock (spinlock, irqsave: timers send signals) */
	LOCK_POLL = 60,   /* poll_source.lock (spinlock, irqsave) */
	LOCK_LEAF = 70,
};

#endif
