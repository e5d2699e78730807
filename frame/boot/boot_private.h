// SPDX-License-Identifier: MPL-2.0
/*
 * Shared by the files of frame/boot: facts of the devicetree that are needed before the page
 * allocator exists, and the tree itself.
 */
#ifndef FRAME_BOOT_PRIVATE_H
#define FRAME_BOOT_PRIVATE_H

#include <frame/boot.h>

#include "../arch.h"

#define CMDLINE_MAX 2048

struct boot_facts {
	const void *fdt; /* linear map */
	paddr_t fdt_pa;
	u64 fdt_size;
	char cmdline[CMDLINE_MAX];
	u32 cmdline_len;
	paddr_t initrd_start, initrd_end;
	/* The ramdisk's pages contain another reservation too, so they are never freed. */
	bool initrd_stays;
	u8 seed[64];
	u32 seed_len;
};
extern struct boot_facts boot_facts;

/*
 * Reads memory, reservations and /chosen; fills bootmem and boot_facts. Panics with one clear line
 * when the tree is unusable.
 */
void fdt_scan_early(paddr_t fdt);
/* Copies the tree into nodes (dt.c). */
void dt_unflatten(void);
/* Applies loglevel, quiet and debug of the command line. */
void cmdline_set_levels(void);

#endif
