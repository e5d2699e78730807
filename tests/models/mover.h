// SPDX-License-Identifier: MPL-2.0
/*
 * Models of the devices that copy memory: SiFive's platform DMA engine (first channel), and QEMU's
 * teaching device as far as it does. A copy takes MOVER_NS, and half of it is done halfway.
 */
#ifndef MODELS_MOVER_H
#define MODELS_MOVER_H

#include "memory.h"

#define PDMA_BASE 0x03000000ul
#define EDU_BASE  0x40000000ul
#define MOVER_NS  50000ul

struct mover {
	bool is_edu;
	u32 control, config; /* of the engine; command of the device */
	u32 other[3];        /* control of the engine's other channels, which nobody drives */
	u64 to, from, bytes;
	u64 half_at, done_at; /* 0: it does nothing */
	bool fails;           /* the next copy */
	u64 copies;
	u8 own[4096];
};
extern const struct model_ops mover_ops;

#endif
