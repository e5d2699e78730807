// SPDX-License-Identifier: MPL-2.0
/* Operations of prctl that only some architectures have. */
#ifndef ABI_PRCTL_H
#define ABI_PRCTL_H

#include <kernel/thread.h>

/*
 * Handles operations that neutral code does not know: PR_GET_TSC and PR_SET_TSC. -EINVAL for all
 * others, -EFAULT.
 */
s64 abi_prctl(struct thread *t, s32 op, u64 arg);

#endif
