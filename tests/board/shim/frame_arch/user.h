// SPDX-License-Identifier: MPL-2.0
/* No user programs run in a host test: what <frame/user.h> names, and no more. */
#ifndef FRAME_ARCH_USER_H
#define FRAME_ARCH_USER_H

#include <frame/types.h>

struct user_ctx {
	u64 x;
};
struct user_regs {
	u64 x;
};
struct user_fpregs {
	u64 x;
};
static inline u64 _arch_user_enter(struct user_ctx *u)
{
	return u->x;
}
static inline bool _arch_user_syscall(struct user_ctx *u, u64 cause)
{
	return u->x == cause;
}

#endif
