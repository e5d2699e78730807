// SPDX-License-Identifier: MPL-2.0
/*
 * Numbers below /proc/sys that have an effect and can be changed (kernel/lib/knobs.c). Whoever
 * enforces one reads it at each use; kernel/fs/proc/sys.c shows and sets it. See proc_sys(5).
 *
 * Context: any. A number is one word, so a reader sees the old value or the new one.
 */
#ifndef KERNEL_KNOBS_H
#define KERNEL_KNOBS_H

#include <frame/order.h>
#include <frame/types.h>

enum knob {
	KNOB_PID_MAX,
	KNOB_THREADS_MAX,
	KNOB_RANDOMIZE,
	KNOB_DMESG_RESTRICT,
	KNOB_OVERFLOWUID, /* told in place of an id that is not known */
	KNOB_OVERFLOWGID,
	KNOB_SUID_DUMPABLE,   /* of a process whose ids have changed: its process.dumpable */
	KNOB_CORE_USES_PID,   /* core files without %p in their pattern end with .PID */
	KNOB_CORE_PIPE_LIMIT, /* core dumps to programs at a time; 0: no limit, and nobody waits */
	KNOB_CORE_NOTE_SIZE,  /* the most bytes of the note that names the files */
	KNOB_OVERCOMMIT,
	KNOB_OVERCOMMIT_RATIO,  /* the limit for mode 2, in per cent of memory */
	KNOB_OVERCOMMIT_KBYTES, /* the same in KiB; 0: by the ratio */
	KNOB_ADMIN_RESERVE,     /* KiB of that limit that only administrators may use */
	KNOB_USER_RESERVE,      /* KiB of it that one program leaves to others, at most */
	KNOB_MMAP_MIN_ADDR,     /* the lowest address that anybody may map */
	KNOB_SWAPPINESS,        /* no effect while there is no swap, as on Linux without any */
	KNOB_MAX_MAP_COUNT,
	KNOB_DIRTY_WRITEBACK,  /* centiseconds between looks for old dirty pages; 0: none */
	KNOB_DIRTY_EXPIRE,     /* centiseconds after which what is dirty is written */
	KNOB_DIRTY_RATIO,      /* per cent of memory, from which on writers wait */
	KNOB_DIRTY_BACKGROUND, /* the same, from which on all that is dirty is written */
	KNOB_FS_OVERFLOWUID,   /* of file systems with ids of 16 bits: there are none */
	KNOB_FS_OVERFLOWGID,
	KNOB_NR_OPEN,
	KNOB_PIPE_PAGES_SOFT, /* of one user's pipes; 0: no limit */
	KNOB_PIPE_PAGES_HARD,
	KNOB_PROTECTED_FIFOS,
	KNOB_PROTECTED_HARDLINKS,
	KNOB_PROTECTED_REGULAR,
	KNOB_PROTECTED_SYMLINKS,
	KNOB_MOUNT_MAX,
	KNOB_LEASE_BREAK_TIME, /* seconds; 0: no end */
	KNOB_INOTIFY_INSTANCES,
	KNOB_INOTIFY_WATCHES,
	KNOB_INOTIFY_EVENTS,
	KNOB_SOMAXCONN,
	KNOB_WMEM_MAX,
	KNOB_RMEM_MAX,
	KNOB_WMEM_DEFAULT,
	KNOB_RMEM_DEFAULT,
	KNOB_OPTMEM_MAX, /* bytes of completions (MSG_ZEROCOPY) that a socket keeps */
	KNOB_DGRAM_QUEUE,
	KNOB_FRAG4_TIME, /* seconds */
	KNOB_FRAG6_TIME,
	KNOB_PING_GROUP_FIRST,
	KNOB_PING_GROUP_LAST,
	KNOB_PORT_FIRST, /* ports that the kernel chooses */
	KNOB_PORT_LAST,
	KNOB_DEFAULT_TTL,
	KNOB_ECHO_IGNORE,
	KNOB_IGMP_MEMBERSHIPS,
	KNOB_ECHO_IGNORE6,
	KNOB_ECHO_BROADCASTS,   /* 1: those to many are not answered */
	KNOB_UNPRIVILEGED_PORT, /* the first port that anybody may bind to */
	KNOB_NONLOCAL_BIND4,
	KNOB_NONLOCAL_BIND6,
	KNOB_NO_PMTU_DISC,
	KNOB_BINDV6ONLY,
	NR_KNOBS
};

/* The present value. Only knob_set writes the table. */
extern u32 knob_values[NR_KNOBS];
static always_inline u64 knob_get(enum knob k)
{
	return load_once(*array_at(knob_values, k));
}
/* 0, or -EINVAL: @v is out of the range of the knob. */
int must_check knob_set(enum knob k, u64 v);

#endif
