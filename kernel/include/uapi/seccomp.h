// SPDX-License-Identifier: MPL-2.0
/* Numbers and layouts of seccomp(2) and seccomp_unotify(2). */
#ifndef UAPI_SECCOMP_H
#define UAPI_SECCOMP_H

#include <frame/types.h>

enum seccomp_mode { SECCOMP_MODE_DISABLED, SECCOMP_MODE_STRICT, SECCOMP_MODE_FILTER };

enum seccomp_op {
	SECCOMP_SET_MODE_STRICT,
	SECCOMP_SET_MODE_FILTER,
	SECCOMP_GET_ACTION_AVAIL,
	SECCOMP_GET_NOTIF_SIZES
};

enum seccomp_filter_flags {
	SECCOMP_FILTER_TSYNC = 1,
	SECCOMP_FILTER_LOG = 2,
	SECCOMP_FILTER_SPEC_ALLOW = 4,
	SECCOMP_FILTER_NEW_LISTENER = 8,
	SECCOMP_FILTER_TSYNC_ESRCH = 0x10,
	SECCOMP_FILTER_WAIT_KILLABLE_RECV = 0x20,
	SECCOMP_FILTER_FLAGS = 0x3f
};

/*
 * The upper half of a filter's result; as a signed number the smallest one of all filters counts.
 */
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#define SECCOMP_RET_KILL_THREAD  0u
#define SECCOMP_RET_TRAP         0x00030000u
#define SECCOMP_RET_ERRNO        0x00050000u
#define SECCOMP_RET_USER_NOTIF   0x7fc00000u
#define SECCOMP_RET_TRACE        0x7ff00000u
#define SECCOMP_RET_LOG          0x7ffc0000u
#define SECCOMP_RET_ALLOW        0x7fff0000u
#define SECCOMP_RET_ACTION       0xffff0000u
#define SECCOMP_RET_DATA         0x0000ffffu

/* What a filter looks at. */
struct seccomp_data {
	s32 nr;
	u32 arch;
	u64 ip;
	u64 args[6];
};
static_assert(sizeof(struct seccomp_data) == 64, "the ABI says so");

struct seccomp_notif {
	u64 id;
	u32 pid, flags;
	struct seccomp_data data;
};
struct seccomp_notif_resp {
	u64 id;
	s64 val;
	s32 error;
	u32 flags;
};
struct seccomp_notif_sizes {
	u16 notif, resp, data;
};
struct seccomp_notif_addfd {
	u64 id;
	u32 flags, srcfd, newfd, newfd_flags;
};
static_assert(sizeof(struct seccomp_notif) == 80, "the ABI says so");
static_assert(sizeof(struct seccomp_notif_resp) == 24, "the ABI says so");
static_assert(sizeof(struct seccomp_notif_addfd) == 24, "the ABI says so");

#define SECCOMP_NOTIF_CONTINUE      1u
#define SECCOMP_ADDFD_SETFD         1u
#define SECCOMP_ADDFD_SEND          2u
#define SECCOMP_NOTIF_SYNC_WAKE_UP  1u
#define SECCOMP_IOCTL_RECV          0xc0502100u
#define SECCOMP_IOCTL_SEND          0xc0182101u
#define SECCOMP_IOCTL_ID_VALID      0x40082102u
#define SECCOMP_IOCTL_ID_VALID_READ 0x80082102u /* as headers before Linux 5.8 had it */
#define SECCOMP_IOCTL_ADDFD         0x40182103u /* with any size of its struct, any direction */
#define SECCOMP_IOCTL_SET_FLAGS     0x40082104u

#define SYS_SECCOMP 1 /* siginfo.code of SIGSYS */

#endif
