// SPDX-License-Identifier: MPL-2.0
/* Resource limits, see getrlimit(2). */
#ifndef KERNEL_RLIMIT_H
#define KERNEL_RLIMIT_H

#include <frame/types.h>

enum rlimit_id {
	RLIMIT_CPU,
	RLIMIT_FSIZE,
	RLIMIT_DATA,
	RLIMIT_STACK,
	RLIMIT_CORE,
	RLIMIT_RSS,
	RLIMIT_NPROC,
	RLIMIT_NOFILE,
	RLIMIT_MEMLOCK,
	RLIMIT_AS,
	RLIMIT_LOCKS,
	RLIMIT_SIGPENDING,
	RLIMIT_MSGQUEUE,
	RLIMIT_NICE,
	RLIMIT_RTPRIO,
	RLIMIT_RTTIME,
	NR_RLIMITS,
};
#define RLIM_INFINITY (~0ul)

struct rlimit64 {
	u64 cur, max;
};
struct rlimits {
	struct rlimit64 v[NR_RLIMITS];
};

#endif
