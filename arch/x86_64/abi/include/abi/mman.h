// SPDX-License-Identifier: MPL-2.0
/* The parameters of mmap on x86_64. */
#ifndef ABI_MMAN_H
#define ABI_MMAN_H

/* MAP_32BIT: an address for code and data within the reach of 31 bits. */
#define ABI_MAP_32BIT 0x40u
/* With MAP_ABOVE4G, which changes nothing: mappings without a hint are always above 4 GiB. */
#define ABI_MAP_KNOWN (ABI_MAP_32BIT | 0x80u)
#define ABI_LOW_START 0x40000000ul
#define ABI_LOW_END   0x80000000ul

/* vm.mmap_min_addr */
#define ABI_MMAP_MIN 0x10000ul
/* No mapping goes below it unless its address is fixed: Linux's CONFIG_LSM_MMAP_MIN_ADDR. */
#define ABI_MMAP_HINT_MIN 0x10000ul

#endif
