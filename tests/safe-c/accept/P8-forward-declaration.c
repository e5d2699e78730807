// accept: P8
// SPDX-License-Identifier: MPL-2.0
struct timer;
struct task;
#include <thing.h>

struct holder {
	struct timer *timer;
	struct task *task;
};
