// SPDX-License-Identifier: MPL-2.0
/*
 * Numbers that can be changed at run time, with their ranges (kernel/knobs.h).
 *
 * A knob is a single word, read without a lock wherever it has an effect, and so a change takes
 * effect at the next look. Two knobs that belong together (a range of ports) are set one after the
 * other by their file, which checks the pair before.
 *
 * Here are only the range and the first value of each. What a value means stands where it is used;
 * the files of /proc/sys are in kernel/fs/proc.
 */
#include <abi/mman.h>
#include <frame/span.h>
#include <kernel/files.h>
#include <kernel/knobs.h>
#include <kernel/pid.h>
#include <kernel/socket.h>
#include <uapi/errno.h>

#define MOST 0x7fffffffu

/* The lowest and the highest value, as on Linux, or less where this kernel's tables end. */
static const struct {
	u32 least, most;
} range[NR_KNOBS] = {
	[KNOB_PID_MAX] = { 301, PID_MAX },
	[KNOB_THREADS_MAX] = { 20, 0x3fffffff },
	[KNOB_RANDOMIZE] = { 0, 2 },
	[KNOB_DMESG_RESTRICT] = { 0, 1 },
	[KNOB_OVERFLOWUID] = { 0, 65535 },
	[KNOB_OVERFLOWGID] = { 0, 65535 },
	[KNOB_SUID_DUMPABLE] = { 0, 2 },
	[KNOB_CORE_USES_PID] = { 0, MOST },
	[KNOB_CORE_PIPE_LIMIT] = { 0, MOST },
	[KNOB_CORE_NOTE_SIZE] = { 4u << 20, 16u << 20 },
	[KNOB_OVERCOMMIT] = { 0, 2 },
	[KNOB_OVERCOMMIT_RATIO] = { 0, MOST },
	[KNOB_OVERCOMMIT_KBYTES] = { 0, MOST },
	[KNOB_ADMIN_RESERVE] = { 0, MOST },
	[KNOB_USER_RESERVE] = { 0, MOST },
	[KNOB_MMAP_MIN_ADDR] = { 0, MOST },
	[KNOB_SWAPPINESS] = { 0, 200 },
	[KNOB_MAX_MAP_COUNT] = { 0, MOST },
	[KNOB_DIRTY_WRITEBACK] = { 0, MOST },
	[KNOB_DIRTY_EXPIRE] = { 0, MOST },
	[KNOB_DIRTY_RATIO] = { 0, 100 },
	[KNOB_DIRTY_BACKGROUND] = { 0, 100 },
	[KNOB_FS_OVERFLOWUID] = { 0, 65535 },
	[KNOB_FS_OVERFLOWGID] = { 0, 65535 },
	[KNOB_NR_OPEN] = { 64, FILES_MAX },
	[KNOB_PIPE_PAGES_SOFT] = { 0, MOST },
	[KNOB_PIPE_PAGES_HARD] = { 0, MOST },
	[KNOB_PROTECTED_FIFOS] = { 0, 2 },
	[KNOB_PROTECTED_HARDLINKS] = { 0, 1 },
	[KNOB_PROTECTED_REGULAR] = { 0, 2 },
	[KNOB_PROTECTED_SYMLINKS] = { 0, 1 },
	[KNOB_MOUNT_MAX] = { 1, MOST },
	[KNOB_LEASE_BREAK_TIME] = { 0, MOST },
	[KNOB_INOTIFY_INSTANCES] = { 0, MOST },
	[KNOB_INOTIFY_WATCHES] = { 0, MOST },
	[KNOB_INOTIFY_EVENTS] = { 0, MOST },
	[KNOB_SOMAXCONN] = { 0, MOST },
	[KNOB_WMEM_MAX] = { SOCKET_SNDBUF_MIN, MOST },
	[KNOB_RMEM_MAX] = { SOCKET_RCVBUF_MIN, MOST },
	[KNOB_WMEM_DEFAULT] = { SOCKET_SNDBUF_MIN, MOST },
	[KNOB_RMEM_DEFAULT] = { SOCKET_RCVBUF_MIN, MOST },
	[KNOB_OPTMEM_MAX] = { 0, MOST },
	[KNOB_DGRAM_QUEUE] = { 0, MOST },
	[KNOB_FRAG4_TIME] = { 0, MOST },
	[KNOB_FRAG6_TIME] = { 0, MOST },
	[KNOB_PING_GROUP_FIRST] = { 0, MOST },
	[KNOB_PING_GROUP_LAST] = { 0, MOST },
	[KNOB_PORT_FIRST] = { 1, 65535 },
	[KNOB_PORT_LAST] = { 1, 65535 },
	[KNOB_DEFAULT_TTL] = { 1, 255 },
	[KNOB_ECHO_IGNORE] = { 0, 1 },
	[KNOB_IGMP_MEMBERSHIPS] = { 0, 20 },
	[KNOB_ECHO_IGNORE6] = { 0, 1 },
	[KNOB_ECHO_BROADCASTS] = { 0, 1 },
	[KNOB_UNPRIVILEGED_PORT] = { 0, 65535 },
	[KNOB_NONLOCAL_BIND4] = { 0, 255 },
	[KNOB_NONLOCAL_BIND6] = { 0, 255 },
	[KNOB_NO_PMTU_DISC] = { 0, 1 },
	[KNOB_BINDV6ONLY] = { 0, 255 },
};

u32 knob_values[NR_KNOBS] = {
	[KNOB_PID_MAX] = PID_MAX,
	[KNOB_THREADS_MAX] = PID_MAX,
	[KNOB_RANDOMIZE] = 2,
	[KNOB_OVERFLOWUID] = 65534,
	[KNOB_OVERFLOWGID] = 65534,
	[KNOB_CORE_NOTE_SIZE] = 4u << 20,
	[KNOB_OVERCOMMIT_RATIO] = 50,
	[KNOB_MMAP_MIN_ADDR] = ABI_MMAP_MIN,
	[KNOB_SWAPPINESS] = 60,
	[KNOB_MAX_MAP_COUNT] = 65530,
	[KNOB_DIRTY_WRITEBACK] = 500,
	[KNOB_DIRTY_EXPIRE] = 3000,
	[KNOB_DIRTY_RATIO] = 20,
	[KNOB_DIRTY_BACKGROUND] = 10,
	[KNOB_FS_OVERFLOWUID] = 65534,
	[KNOB_FS_OVERFLOWGID] = 65534,
	[KNOB_NR_OPEN] = FILES_MAX,
	[KNOB_PIPE_PAGES_SOFT] = 16384,
	[KNOB_PROTECTED_HARDLINKS] = 1, /* as Debian's kernel */
	[KNOB_PROTECTED_SYMLINKS] = 1,
	[KNOB_MOUNT_MAX] = 100000,
	[KNOB_LEASE_BREAK_TIME] = 45,
	[KNOB_INOTIFY_INSTANCES] = 128,
	[KNOB_INOTIFY_WATCHES] = 65536,
	[KNOB_INOTIFY_EVENTS] = 16384,
	[KNOB_SOMAXCONN] = 4096,
	[KNOB_WMEM_MAX] = SOCKET_BUF_DEFAULT,
	[KNOB_RMEM_MAX] = SOCKET_BUF_DEFAULT,
	[KNOB_WMEM_DEFAULT] = SOCKET_BUF_DEFAULT,
	[KNOB_RMEM_DEFAULT] = SOCKET_BUF_DEFAULT,
	[KNOB_OPTMEM_MAX] = 131072,
	[KNOB_DGRAM_QUEUE] = 10,
	[KNOB_FRAG4_TIME] = 30,
	[KNOB_FRAG6_TIME] = 60,
	[KNOB_PORT_FIRST] = 32768,
	[KNOB_PORT_LAST] = 60999,
	[KNOB_DEFAULT_TTL] = 64,
	[KNOB_IGMP_MEMBERSHIPS] = 20,
	[KNOB_ECHO_BROADCASTS] = 1,
	[KNOB_UNPRIVILEGED_PORT] = 1024,
	[KNOB_PING_GROUP_FIRST] = 1, /* nobody: the last is before the first */
};

int knob_set(enum knob k, u64 v)
{
	if (v < range[k].least || v > range[k].most)
		return -EINVAL;
	store_once(*array_at(knob_values, k), (u32)v);
	return 0;
}
