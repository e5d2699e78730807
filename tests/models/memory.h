// SPDX-License-Identifier: MPL-2.0
/*
 * Model of pages in memory behind a write-back cache. CPUs read and write them through it
 * (frame/page.h), devices go to memory and see nothing of it, unless they are coherent. Lines come
 * and go whenever they like. A device must not touch a page that is free, nor what is no page.
 */
#ifndef MODELS_MEMORY_H
#define MODELS_MEMORY_H

#include <frame/page.h>

#include "sim.h"

/* A page with one reference, of bytes that nobody knows. */
struct page *memory_page(u64 pa);

extern u32 memory_line;                   /* bytes, before the first page */
extern bool memory_coherent;              /* devices look into the cache, too */
extern bool memory_whims;                 /* lines are read ahead and written back for no reason */
extern u64 memory_cleans, memory_flushes; /* of lines, that somebody asked for */

void memory_device_read(u64 pa, u8 *to, u64 n);
void memory_device_write(u64 pa, const u8 *from, u64 n);
/* All CPUs' lines of the range are read ahead; written back and forgotten. */
void memory_read_ahead(struct page *p);
void memory_evict(struct page *p);
void memory_whim(void);

/* SiFive's L2: Flush64 and no other register. */
#define L2_BASE 0x02010000ul
extern const struct model_ops memory_l2_ops;

#endif
