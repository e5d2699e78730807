// SPDX-License-Identifier: MPL-2.0
/* Model of the PLIC, below the frame's own driver of it (frame/irqchip/plic.c). */
#ifndef MODELS_PLIC_H
#define MODELS_PLIC_H

#include "sim.h"

#define PLIC_BASE     0x0c000000ul
#define PLIC_CONTEXTS 16u
#define PLIC_SOURCES  1024u

/* Contexts in the order of interrupts-extended. */
enum plic_mode { PLIC_UNUSED, PLIC_M, PLIC_S };

struct plic {
	u32 ndev, nr_contexts;
	struct {
		enum plic_mode mode;
		u32 hart;
		u32 enable[PLIC_SOURCES / 32];
		u32 threshold;
	} ctx[PLIC_CONTEXTS];
	u32 priority[PLIC_SOURCES];
	bool up[PLIC_SOURCES], pending[PLIC_SOURCES];
	u32 claimed[PLIC_SOURCES]; /* context + 1 */
	u64 delivered[PLIC_SOURCES];
	u64 completes_ignored;
};
extern struct plic plic;

/* A context more. */
void plic_context(enum plic_mode mode, u32 hart);
/* The nodes of the CPUs and of the PLIC, and the model. */
struct dt_node *plic_machine(u32 ndev);

#endif
