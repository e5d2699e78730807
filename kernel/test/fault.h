// SPDX-License-Identifier: MPL-2.0
/* Faults of services, to be injected: see fault.c. */
#ifndef KERNEL_TEST_FAULT_H
#define KERNEL_TEST_FAULT_H

#include "test.h"

struct TABLE fault {
	struct lit name;
	void (*run)(void); /* in a task of its own */
	bool traps;        /* must it? */
};
#define FAULT(fn, must) { .name = LIT(#fn), .run = (fn), .traps = (must) }

/* Anything; another number for each fault. */
extern u64 fault_wild;

/* fault_frame.c, and of devices that the machine has fault_ring.c, fault_line.c: the i-th fault; NULL: no more. */
const struct fault *fault_of_frame(u32 i);
const struct fault *fault_of_ring(u32 i);
const struct fault *fault_of_line(u32 i);
/* Makes what these faults work on. False: no memory. */
bool fault_frame_begin(void);
bool fault_rings_begin(void);
bool fault_lines_begin(void);
/* Then: puts what is to be stale, when all that is live is there. */
void fault_frame_let_go(void);
void fault_rings_let_go(void);
void fault_lines_let_go(void);
/* After each fault: what would keep the others from theirs. */
void fault_frame_repair(void);
/* No device has a page any more, no line a handler. */
void fault_frame_end(void);
void fault_rings_end(void);
void fault_lines_end(void);

#endif
