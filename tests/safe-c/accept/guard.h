// accept: guard.h
// SPDX-License-Identifier: MPL-2.0
#ifndef GUARD_H
#define GUARD_H
#include <frame/types.h>
struct guarded {
	u32 n;
};
#endif
