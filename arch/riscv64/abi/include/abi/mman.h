// SPDX-License-Identifier: MPL-2.0
/* The parameters of mmap on riscv64. */
#ifndef ABI_MMAN_H
#define ABI_MMAN_H

/* MAP_32BIT does not exist here. */
#define ABI_MAP_32BIT 0u
#define ABI_MAP_KNOWN 0u
#define ABI_LOW_START 1ul
#define ABI_LOW_END   0ul

/* vm.mmap_min_addr */
#define ABI_MMAP_MIN 0x1000ul
/* No mapping goes below it unless its address is fixed: Linux's CONFIG_LSM_MMAP_MIN_ADDR. */
#define ABI_MMAP_HINT_MIN 0x8000ul

#endif
