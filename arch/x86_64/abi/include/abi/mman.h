// SPDX-License-Identifier: MPL-2.0
/* What mmap knows of x86_64 alone. */
#ifndef ABI_MMAN_H
#define ABI_MMAN_H

/* mmap's MAP_32BIT: an address for code and data that 31 bits must reach. */
#define ABI_MAP_32BIT 0x40u
/* And MAP_ABOVE4G, where everything without a hint is anyway. */
#define ABI_MAP_KNOWN (ABI_MAP_32BIT | 0x80u)
#define ABI_LOW_START 0x40000000ul
#define ABI_LOW_END   0x80000000ul

/* vm.mmap_min_addr */
#define ABI_MMAP_MIN 0x10000ul

#endif
