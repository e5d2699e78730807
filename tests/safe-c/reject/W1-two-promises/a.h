// SPDX-License-Identifier: MPL-2.0
#include <frame/task.h>
#include <thing.h>
/* In a.c GCC leaves out what follows a call, so that it goes on in whatever function lies behind. */
typeof(*&task_exit) fall; // <- L1 L2
u32 victim(u32 x);
