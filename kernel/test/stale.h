// SPDX-License-Identifier: MPL-2.0
/* Calls through stale pointers while another CPU reuses what they point to: see stale.c. */
#ifndef KERNEL_TEST_STALE_H
#define KERNEL_TEST_STALE_H

#include "test.h"

struct TABLE stale_case {
	void (*setup)(void);
	void (*call)(void);    /* in a task of its own, which may trap */
	void (*part[2])(void); /* what the other side does meanwhile */
	void (*verify)(void);
};
/* Whether the call has trapped / what it says of itself. */
extern bool stale_trapped, stale_answer;
void stale_nothing(void);
/* Runs the case once, or as often as the debugger wants. */
void stale_run(const struct stale_case *c);

#endif
