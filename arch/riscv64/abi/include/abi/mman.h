// SPDX-License-Identifier: MPL-2.0
/* What mmap knows of riscv64 alone. */
#ifndef ABI_MMAN_H
#define ABI_MMAN_H

/* mmap's MAP_32BIT: there is none. */
#define ABI_MAP_32BIT 0u
#define ABI_MAP_KNOWN 0u
#define ABI_LOW_START 1ul
#define ABI_LOW_END   0ul

/* vm.mmap_min_addr */
#define ABI_MMAP_MIN 0x1000ul

#endif
